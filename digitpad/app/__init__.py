"""The window. The only part of digitpad that imports Qt."""

from __future__ import annotations

from pathlib import Path

_WELCOME_AFTER = 700  # milliseconds, when the window has been painted and its panels are there


def leave_processors_to_training() -> None:
    """Let this process multiply matrices with one processor.

    With more, the library that multiplies has threads that go on waiting busily when they are done.
    A training in its own process would wait for them: beside a window that reads earlier drawings
    again with every change of the weights, it was half as fast.
    """
    from threadpoolctl import ThreadpoolController

    ThreadpoolController().limit(limits=1, user_api="blas")


def main(model: Path | None = None) -> int:
    """Open the window and return the exit code when it is closed.

    Parameters
    ----------
    model : Path, optional
        The model file to open instead of the shipped model.

    Raises
    ------
    DigitpadError
        If the model cannot be opened.
    """
    import platformdirs
    from PySide6.QtCore import QCoreApplication, Qt, QTimer
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QApplication

    from digitpad.app import translations
    from digitpad.app.widgets import theme

    # Every point that the pointing device reports is ink; Qt would merge those of one frame.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, False)
    QCoreApplication.setOrganizationName("digitpad")
    QCoreApplication.setApplicationName("digitpad")
    QGuiApplication.setApplicationDisplayName("digitpad")
    QGuiApplication.setDesktopFileName("digitpad")
    application = QApplication.instance() or QApplication(["digitpad"])
    assert isinstance(application, QApplication)
    application.setStyle("Fusion")
    theme.follow_system(application)
    translations.install(application)

    from digitpad.app import termination
    from digitpad.app.main_window import MainWindow
    from digitpad.app.recovery.place import Recovery
    from digitpad.app.session import Session

    leave_processors_to_training()
    window = MainWindow(Session())
    if model is not None:
        window.shelf.open(model)
    recovery = Recovery(
        window.session, Path(platformdirs.user_data_dir("digitpad", appauthor=False))
    )
    recovery.restore()
    window.closed.connect(recovery.discard)
    window.show()
    QTimer.singleShot(_WELCOME_AFTER, window.welcome)

    def end() -> None:
        window.stop()
        recovery.save()
        application.exit()  # `quit` would ask the windows, which ask the user

    with termination.handled(end):
        return application.exec()
