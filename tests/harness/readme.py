"""README as its reader takes it: sections, and in each the indented blocks, which are lines to type, to copy or to look at."""
import re
import textwrap

from .ground import SOURCE


def sections():
    """Title → text, the first one under README's own title."""
    text = (SOURCE / "README").read_text()
    parts = re.split(r"^(\S.*)\n[-=]{4,}\n", text, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2]))


def blocks(title):
    """The indented blocks of a section; an empty line that is followed by an indented one ends one, too."""
    found = re.findall(r"(?:^ {2}.*\n)+", sections()[title], flags=re.M)
    return [textwrap.dedent(block) for block in found]


def block(title, start):
    """The block of that section that begins so."""
    (found,) = [each for each in blocks(title) if each.startswith(start)]
    return found


def commands(text):
    """Of a list of commands with what they do: the commands alone. What goes on further right belongs to the line above."""
    return [re.split(r"\s{2,}", line)[0] for line in text.splitlines() if line[:1].strip()]
