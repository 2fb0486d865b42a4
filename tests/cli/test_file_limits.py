"""Caps on files that the configuration names: one short of the limit, at it, and one past it."""
import grp
import os
import pwd
import subprocess

import pytest

from harness.ground import program
from harness.limits import LIMITS

AROUND = pytest.mark.parametrize("past", [-1, 0, 1], ids=["below", "at", "past"])
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    b"DTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20261225\r\nEND:VEVENT\r\n"
)


def checked(directory, more=""):
    config = directory / "milticket.conf"
    config.write_text(
        f'user = "{pwd.getpwuid(os.getuid()).pw_name}";\n'
        f'group = "{grp.getgrgid(os.getgid()).gr_name}";\n'
        f'socket = "unix:{directory}/milter.sock";\n'
        f'store: {{ path = "{directory}"; }};\n'
        'archive: { path = ""; };\n'
        'accounts = ( { address = "support@example.com"; autoresponse: { opened = ""; }; } );\n'
        + more
    )
    words = [program("ticket"), "config", "check", "--config", config]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


@AROUND
def test_templates_in_a_directory(tmp_path, past):
    (tmp_path / "templates").mkdir()
    for number in range(LIMITS["LIMIT_TEMPLATES"] + past):
        (tmp_path / "templates" / f"t{number}.eml").write_text("Subject: a\n\nb\n")
    done = checked(tmp_path)
    assert (done.returncode, "more than 1000 templates" in done.stderr) == (
        (78, True) if past > 0 else (0, False)
    )


@AROUND
def test_bytes_of_a_file_of_holidays(tmp_path, past):
    end = b"END:VCALENDAR\r\n"
    room = LIMITS["LIMIT_CALENDAR_BYTES"] + past - len(CALENDAR) - len(end)
    line = b"X-PAD:" + b"y" * 60 + b"\r\n"
    filler = line * (room // len(line) - 1)
    filler += b"X-P:" + b"z" * (room - len(filler) - 6) + b"\r\n"
    (tmp_path / "days.ics").write_bytes(CALENDAR + filler + end)
    done = checked(
        tmp_path,
        'calendars = ( { name = "office"; zone = "Europe/Berlin";\n'
        f'  hours = ( "Mon-Fri 08:00-17:00" ); ics = "{tmp_path}/days.ics"; }} );\n',
    )
    assert (done.returncode, "expected at most 1048576 bytes" in done.stderr) == (
        (78, True) if past > 0 else (0, False)
    )
