"""The timer that hands figures to node_exporter: its lines are run, and node_exporter shows what they wrote."""
import re
import shlex
import subprocess
import urllib.request

import pytest

from harness.ground import (
    SOURCE,
    answers,
    free_ports,
    new_directory,
    program,
    run,
    stop_process,
    tool,
    wait_until,
)

EXAMPLE = SOURCE / "conf" / "examples" / "prometheus"
SERVICE = EXAMPLE / "milticket-metrics.service"


def lines(key):
    return re.findall(rf"^{key}=\+?(.*)$", SERVICE.read_text(), re.M)


class Timer:
    """Runs the service's lines as systemd does, in directories of its own, with `ticket` of this desk."""

    def __init__(self, daemon):
        self.directory = new_directory("metrics")
        self.textfile = self.directory / "textfile"
        self.textfile.mkdir()
        (self.directory / "run").mkdir()
        ticket = self.directory / "ticket"
        ticket.write_text(f'#!/bin/sh\nexec {program("ticket")} --config {daemon.config} "$@"\n')
        ticket.chmod(0o755)

    def here(self, line):
        line = line.replace("/run/milticket-metrics", str(self.directory / "run"))
        return line.replace("/var/lib/prometheus/node-exporter", str(self.textfile))

    def elapse(self):
        """False when a line failed, after which systemd runs no other."""
        for line in lines("ExecStart") + lines("ExecStartPost"):
            path = f"{self.directory}:/usr/bin:/bin"
            if run(*shlex.split(self.here(line)), env={"PATH": path}, check=False).returncode != 0:
                return False
        return True


@pytest.fixture
def timer(house):
    return Timer(house.daemon)


@pytest.fixture
def exporter(timer):
    """node_exporter with nothing but the textfile collector; its page of metrics."""
    (port,) = free_ports(1)
    with (timer.directory / "exporter.log").open("wb") as log:
        process = subprocess.Popen(
            [
                tool("prometheus-node-exporter"),
                "--collector.disable-defaults",
                "--collector.textfile",
                f"--collector.textfile.directory={timer.textfile}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    wait_until(lambda: answers(("127.0.0.1", port)), "node_exporter")
    yield lambda: urllib.request.urlopen(
        f"http://127.0.0.1:{port}/metrics", timeout=20
    ).read().decode()
    stop_process(process)


def test_node_exporter_shows_the_figures_of_now(house, timer, exporter):
    house.mail()
    assert timer.elapse()
    assert re.search(r'^milticket_tickets{status="new"} 1$', exporter(), re.M), exporter()
    house.mail("dora@customer.example")
    assert timer.elapse()
    page = exporter()
    assert re.search(r'^milticket_tickets{status="new"} 2$', page, re.M)
    assert re.search(r"^node_textfile_scrape_error 0$", page, re.M)
    assert [path.name for path in timer.textfile.iterdir()] == ["milticket.prom"]


def test_figures_that_cannot_be_had_leave_the_last_ones(house, timer):
    house.mail()
    assert timer.elapse()
    before = (timer.textfile / "milticket.prom").read_text()
    house.daemon.config.write_text("nonsense")
    assert not timer.elapse()
    assert (timer.textfile / "milticket.prom").read_text() == before


def test_systemd_finds_nothing_wrong_with_service_and_timer():
    directory = new_directory("units")
    for path in EXAMPLE.glob("milticket-metrics.*"):
        (directory / path.name).write_bytes(path.read_bytes())
    done = run(tool("systemd-analyze"), "verify", "--man=no", *sorted(directory.iterdir()))
    assert b"milticket-metrics" not in done.stdout + done.stderr, done.stderr
