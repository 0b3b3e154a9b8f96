<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US" sourcelanguage="en">
<context>
    <name>BenchView</name>
    <message numerus="yes">
        <source>The other %Ln input(s): Σ w · x = {value}</source>
        <translation>
            <numerusform>The other %Ln input: Σ w · x = {value}</numerusform>
            <numerusform>The other %Ln inputs: Σ w · x = {value}</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CardList</name>
    <message numerus="yes">
        <source>learned from %Ln digit(s)</source>
        <translation>
            <numerusform>learned from %Ln digit</numerusform>
            <numerusform>learned from %Ln digits</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CollectDialog</name>
    <message numerus="yes">
        <source>%Ln written</source>
        <translation>
            <numerusform>%Ln written</numerusform>
            <numerusform>%Ln written</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ConfusionView</name>
    <message numerus="yes">
        <source>{label} read as {prediction}: %Ln time(s)</source>
        <translation>
            <numerusform>{label} read as {prediction}: %Ln time</numerusform>
            <numerusform>{label} read as {prediction}: %Ln times</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Label {label}, predicted {prediction}: %Ln image(s) ({share})</source>
        <translation>
            <numerusform>Label {label}, predicted {prediction}: %Ln image ({share})</numerusform>
            <numerusform>Label {label}, predicted {prediction}: %Ln images ({share})</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ContributionTable</name>
    <message numerus="yes">
        <source>%Ln other(s)</source>
        <translation>
            <numerusform>%Ln other</numerusform>
            <numerusform>%Ln others</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FilmStrip</name>
    <message numerus="yes">
        <source>%Ln mini-batch(es)</source>
        <translation>
            <numerusform>%Ln mini-batch</numerusform>
            <numerusform>%Ln mini-batches</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>HandBox</name>
    <message numerus="yes">
        <source>%Ln older digit(s) were left out.</source>
        <translation>
            <numerusform>%Ln older digit were left out.</numerusform>
            <numerusform>%Ln older digits were left out.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LayersEditor</name>
    <message numerus="yes">
        <source>%Ln hidden layer(s)</source>
        <translation>
            <numerusform>%Ln hidden layer</numerusform>
            <numerusform>%Ln hidden layers</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LearnHand</name>
    <message numerus="yes">
        <source>Correct or collect at least %Ln digit(s) first.</source>
        <translation>
            <numerusform>Correct or collect at least %Ln digit first.</numerusform>
            <numerusform>Correct or collect at least %Ln digits first.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>MistakesView</name>
    <message numerus="yes">
        <source>Accuracy {accuracy}: %Ln error(s) in {n} images.</source>
        <translation>
            <numerusform>Accuracy {accuracy}: %Ln error in {n} images.</numerusform>
            <numerusform>Accuracy {accuracy}: %Ln errors in {n} images.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln image</numerusform>
            <numerusform>%Ln images</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>MyDigitsPanel</name>
    <message numerus="yes">
        <source>%Ln digit(s) with the label {digit}</source>
        <translation>
            <numerusform>%Ln digit with the label {digit}</numerusform>
            <numerusform>%Ln digits with the label {digit}</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>NetworkView</name>
    <message numerus="yes">
        <source>%Ln pixel(s)</source>
        <translation>
            <numerusform>%Ln pixel</numerusform>
            <numerusform>%Ln pixels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln neuron(s)</source>
        <translation>
            <numerusform>%Ln neuron</numerusform>
            <numerusform>%Ln neurons</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln output(s)</source>
        <translation>
            <numerusform>%Ln output</numerusform>
            <numerusform>%Ln outputs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>OwnDigits</name>
    <message numerus="yes">
        <source>%Ln digit(s) added</source>
        <translation>
            <numerusform>%Ln digit added</numerusform>
            <numerusform>%Ln digits added</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ReliabilityView</name>
    <message numerus="yes">
        <source>Confidence {low} to {high}: %Ln answer(s), {accuracy} correct.</source>
        <translation>
            <numerusform>Confidence {low} to {high}: %Ln answer, {accuracy} correct.</numerusform>
            <numerusform>Confidence {low} to {high}: %Ln answers, {accuracy} correct.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SampleStrip</name>
    <message numerus="yes">
        <source>{name}: %Ln digit(s)</source>
        <translation>
            <numerusform>{name}: %Ln digit</numerusform>
            <numerusform>{name}: %Ln digits</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{name}: the first {shown} of %Ln digit(s)</source>
        <translation>
            <numerusform>{name}: the first {shown} of %Ln digit</numerusform>
            <numerusform>{name}: the first {shown} of %Ln digits</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TrainingControls</name>
    <message numerus="yes">
        <source>Finished %Ln epoch(s) in {time}.</source>
        <translation>
            <numerusform>Finished %Ln epoch in {time}.</numerusform>
            <numerusform>Finished %Ln epochs in {time}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Stopped early after %Ln epoch(s): validation accuracy no longer improved.</source>
        <translation>
            <numerusform>Stopped early after %Ln epoch: validation accuracy no longer improved.</numerusform>
            <numerusform>Stopped early after %Ln epochs: validation accuracy no longer improved.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Converged after %Ln epoch(s) in {time}.</source>
        <translation>
            <numerusform>Converged after %Ln epoch in {time}.</numerusform>
            <numerusform>Converged after %Ln epochs in {time}.</numerusform>
        </translation>
    </message>
</context>
</TS>
