"""What happens inside a network: its layers, its neurons, what each of them contributes.

In: a network and an image. Out: arrays that explain the answer, for any view to draw; no network is
changed here.
"""
