"""The sending end: an SMTP client that hands over exact bytes, and the mails it sends."""
import email.utils
import smtplib

from .sink import unique


class Submission:
    """What the server said to one message: code and text of the final answer."""

    def __init__(self, code, text):
        self.code, self.text = code, text.decode(errors="replace")

    @property
    def accepted(self):
        return self.code == 250

    def __repr__(self):
        return f"{self.code} {self.text}"


def connect(port, login=None, sasl=None, address=None):
    """An SMTP session; login and the client's address are set by XCLIENT, sasl is a (user, password) for a real AUTH PLAIN."""
    smtp = smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=60)
    smtp.ehlo()
    if login or address:
        words = [f"LOGIN={login}" if login else "", f"ADDR={address}" if address else ""]
        code, text = smtp.docmd("XCLIENT", " ".join(filter(None, words)))
        if code != 220:
            raise AssertionError(f"XCLIENT: {code} {text}")
        smtp.ehlo()
    if sasl:
        smtp.login(*sasl)
    return smtp


def submit(smtp, sender, recipients, data, options=()):
    """One transaction in an open session; data has any line ends and goes out with CRLF, otherwise unchanged."""
    code, text = smtp.mail(sender, options)
    for recipient in recipients if code == 250 else ():
        code, text = smtp.rcpt(recipient)
        if code not in (250, 251):
            break
    if code in (250, 251):
        code, text = smtp.data(crlf(data))
    if code != 250:
        smtp.rset()
    return Submission(code, text)


def send(port, sender, recipients, data, login=None, sasl=None, options=(), address=None):
    """One message over a connection of its own."""
    if isinstance(recipients, str):
        recipients = [recipients]
    smtp = connect(port, login, sasl, address)
    try:
        return submit(smtp, sender, recipients, data, options)
    finally:
        smtp.close()


def crlf(data):
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def compose(
    sender="Carla Kern <carla@customer.example>",
    to="support@example.com",
    subject="Printer on fire",
    body="Hello,\n\nit burns.\n",
    message_id="",
    date="",
    headers=(),
    top=(),
):
    """A plain message as bytes with LF line ends; a None leaves that header out, and date "" is
    now. headers are further
    "Name: value" lines, and top are those before all others."""
    date = email.utils.formatdate() if date == "" else date
    message_id = f"<{unique()}@customer.example>" if message_id == "" else message_id
    fields = {"From": sender, "To": to, "Subject": subject, "Date": date, "Message-ID": message_id}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return ("\n".join([*top, *lines, *headers]) + "\n\n" + body).encode()


def split(data):
    """(header bytes, body bytes) of a message."""
    data = crlf(data)
    head, _, body = data.partition(b"\r\n\r\n")
    return head + b"\r\n", body


def fields(data):
    """The header fields of a message as (name, unfolded value) in order."""
    found = []
    for line in split(data)[0].decode("utf-8", "surrogateescape").split("\r\n"):
        if line[:1] in (" ", "\t") and found:
            found[-1] = (found[-1][0], found[-1][1] + " " + line.strip())
        elif ":" in line:
            name, _, value = line.partition(":")
            found.append((name, value.strip()))
    return found


def bare(value):
    """The address of a header value, be there a name before it or not."""
    return value.rpartition("<")[2].rstrip("> ")


def field(data, name):
    """The value of the only field of that name; None without one, an AssertionError when there are several."""
    values = [value for key, value in fields(data) if key.lower() == name.lower()]
    if len(values) > 1:
        raise AssertionError(f"{len(values)} fields {name}: {values}")
    return values[0] if values else None
