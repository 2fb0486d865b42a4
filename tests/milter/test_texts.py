"""What a ticket shows of mails as people's programs write them: text, names and Subjects, in whatever charset and shape."""
import base64

import pytest

TEXT = "Content-Type: text/plain; charset={}\nContent-Transfer-Encoding: base64\n\n"
HTML = "Content-Type: text/html; charset=utf-8\n\n"
BIG_STYLE = HTML + "<style>\n" + ".a:hover{margin:0}\n" * 20000 + "</style><p>the words</p>\n"

CHARSETS = {
    "gb2312": ("gbk", "打印机–坏了 囧"),
    "shift_jis": ("cp932", "①髙日本"),
    "ks_c_5601-1987": ("cp949", "프린터 뷁"),
    "big5": ("cp950", "碁銹"),
    "iso-8859-1": ("cp1252", "It’s 50 € “now”"),
    "windows-1250": ("cp1250", "Příliš žluťoučký"),
    "koi8-r": ("koi8_r", "Привет"),
    "iso-2022-kr": ("iso2022_kr", "프린터"),
    "hz-gb-2312": ("hz", "打印机"),
    "utf-7": ("utf-7", "Größe"),
    "utf-16": ("utf-16", "Größe 5 €"),
    "x-sjis": ("cp932", "①"),
    "euc-jp": ("euc_jp", "日本語"),
    "iso-8859-8-i": ("iso8859_8", "שלום"),
    "us-ascii": ("utf-8", "größer"),
}
SHAPES = {
    "HTML is shown where the plain text is empty": (
        "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n\n--b\n"
        + HTML
        + "<p>The <b>text</b></p>\n--b--\n",
        "The text",
    ),
    "texts around pictures": (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: image/png\n\nx\n--b\n\ntwo\n--b--\n",
        "one\n\ntwo",
    ),
    "an attached mail is named": (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee\n--b\nContent-Type: message/rfc822\n\nSubject: old\n\nINNER\n--b--\n",
        "see\n\n[attached message: old]",
    ),
    "paragraphs are whole": (
        "Content-Type: text/plain; format=flowed\n\nThe quick \nfox\n> a \n> b\n",
        "The quick fox\n> a b\n",
    ),
    "a table and a list": (
        HTML + "<table><tr><td>Order</td><td>17</td></tr></table><ol><li>one<li>two</ol>",
        "Order  17\n1. one\n2. two",
    ),
    "a link": (
        HTML + '<a href="https://shop.example/17">your order</a>',
        "your order <https://shop.example/17>",
    ),
    "words after a long style sheet": (BIG_STYLE, "the words"),
    "a style sheet that is cut off": (HTML + "<p>seen</p><style>.a{margin:0", "seen"),
}


def received(house, carla, head, body):
    arrival = house.hand_in(
        f"From: {carla}\nTo: support@example.com\n{head}{body}".encode(), "carla@customer.example"
    )
    return house.ticket(arrival.number)


@pytest.mark.parametrize("label", CHARSETS)
def test_each_label_means_what_mail_clients_take_it_for(house, carla, label):
    codec, text = CHARSETS[label]
    coded = base64.b64encode(text.encode(codec)).decode()
    ticket = received(
        house, carla, f"Subject: =?{label}?B?{coded}?=\n", TEXT.format(label) + coded + "\n"
    )
    assert ticket["messages"][-1]["text"] == text
    assert ticket["subject"] == text


@pytest.mark.parametrize("shape", SHAPES)
def test_a_ticket_shows_what_the_reader_of_a_mail_sees(house, carla, shape):
    mail, text = SHAPES[shape]
    assert received(house, carla, "Subject: shape\n", mail)["messages"][-1]["text"] == text


def test_files_have_the_names_that_their_sender_gave(house, carla):
    names = (
        'filename="=?utf-8?B?Z3LDtsOfZQ==?= =?utf-8?B?LnBkZg==?="',
        "filename*=gb2312''%87%e5.pdf",
    )
    parts = "".join(
        f"--b\nContent-Type: application/pdf\nContent-Disposition: attachment; {name}\n\nx\n"
        for name in names
    )
    ticket = received(
        house,
        carla,
        "Subject: files\n",
        f"Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n",
    )
    assert [file["name"] for file in ticket["messages"][-1]["attachments"]] == [
        "größe.pdf",
        "囧.pdf",
    ]
