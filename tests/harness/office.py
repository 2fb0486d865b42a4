"""A whole mail server with a desk: an MX, a submission service with logins, a mailbox for each person, and the daemon."""
from . import client
from .client import field
from .daemon import SUPPORT, Daemon
from .ground import give, new_directory, wait_until
from .postfix import Postfix

SUPPORT_BOX, ANNA_BOX, BEN_BOX, CARLA_BOX = (
    "support@example.com",
    "anna@home.example",
    "ben@example.com",
    "carla@customer.example",
)
CONTROL_BOX = "tickets@example.com"  # must exist for the mail server, and stays empty
CARLA = f"Carla Kern <{CARLA_BOX}>"


class Office:
    """The mail server with its mailboxes, the daemon, and words for looking into them."""

    def __init__(self, dovecot):
        self.boxes = new_directory("mailboxes")
        give(self.boxes)
        socket = new_directory("socket")
        give(socket)
        maps = "".join(
            f"{box} {box}/\n" for box in (SUPPORT_BOX, ANNA_BOX, BEN_BOX, CARLA_BOX, CONTROL_BOX)
        )
        (self.boxes / "map").write_text(maps)
        self.mta = Postfix(
            milter=f"unix:{socket}/milter.sock",
            sasl_socket=dovecot.socket,
            settings={
                "mynetworks": "127.0.0.2/32",
                "smtpd_relay_restrictions": "permit_sasl_authenticated, reject_unauth_destination",
                "virtual_mailbox_domains": "example.com, home.example, customer.example",
                "virtual_mailbox_base": self.boxes,
                "virtual_mailbox_maps": f"texthash:{self.boxes}/map",
                "virtual_minimum_uid": "1",
                "virtual_uid_maps": "static:65534",
                "virtual_gid_maps": "static:65534",
                "default_transport": "error:nothing leaves",
            },
        )
        self.mta.start()
        self.daemon = Daemon(
            self.mta.port, accounts=[{**SUPPORT, "reply_to": "desk"}], socket=socket / "milter.sock"
        ).start()
        self.daemon.add_agent("anna", name="Anna Berg", address=ANNA_BOX, queue="support")
        self.daemon.add_agent("ben", name="Ben Ast", address=BEN_BOX, queue="support")

    def close(self):
        print(self.daemon.log_text()[-6000:])
        self.daemon.kill()
        self.mta.stop()

    def mails(self, box):
        """The mails in a mailbox, oldest first."""
        files = [path for part in ("new", "cur") for path in (self.boxes / box).glob(f"{part}/*")]
        return [
            path.read_bytes() for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)
        ]

    def newest(self, box, count):
        """The newest mail, once there are that many."""
        return wait_until(
            lambda: len(found := self.mails(box)) == count and found[-1], f"{count} mails for {box}"
        )

    def ticket(self, **wanted):
        """The ticket, once it is so."""

        def so():
            found = self.daemon.show(1)
            return all(found[key] == value for key, value in wanted.items()) and found

        return wait_until(so, f"a ticket with {wanted}")

    def from_outside(self, data):
        answer = client.send(self.mta.port, CARLA_BOX, [field(data, "To")], data)
        assert answer.accepted, answer
