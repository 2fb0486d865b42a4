"""The limits of lib/base/limits.h, by name."""
import re

from harness.ground import SOURCE

LIMITS = {
    name: eval(value, {"__builtins__": {}})
    for name, value in re.findall(
        r"^\t(LIMIT_\w+) = ([\d *]+)", (SOURCE / "lib" / "base" / "limits.h").read_text(), re.M
    )
}
