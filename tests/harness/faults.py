"""Calls of the C library that fail."""
from .ground import SOURCE, new_directory, run


class Faults:
    """The library faults.c, loaded into a daemon that is started with `env`, and what it shall let
    fail."""

    def __init__(self):
        directory = new_directory("faults")
        self.library, self.file = directory / "faults.so", directory / "faults"
        run(
            "gcc",
            "-std=gnu11",
            "-D_GNU_SOURCE",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-O1",
            "-shared",
            "-fPIC",
            "-o",
            self.library,
            SOURCE / "tests" / "faults" / "faults.c",
            "-ldl",
        )
        self.env = {"LD_PRELOAD": str(self.library), "MILTICKET_FAULTS": str(self.file)}

    def set(self, *lines):
        part = self.file.with_suffix(".new")
        part.write_text("".join(line + "\n" for line in lines))
        part.chmod(0o644)
        part.rename(self.file)

    def clear(self):
        self.file.unlink()
