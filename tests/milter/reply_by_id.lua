-- A reply finds its ticket by Message-ID and gets the tag back; both come by one connection.
dofile(desk)

send("carla@customer.example", "support@example.com", question("<one@customer.example>"))
expect(MT_HDRADD, "X-Ticket", " 1")
send("dora@customer.example", "support@example.com", {
	{ "From", "dora@customer.example" }, { "Subject", "AW: Printer" }, { "Message-ID", "<two@customer.example>" },
	{ "In-Reply-To", "<one@customer.example>" } })
expect(MT_HDRADD, "X-Ticket", " 1")
expect(MT_HDRADD, "X-Ticket-Match", " message-id")
expect(MT_HDRADD, "X-Ticket-Event", " followup")
expect(MT_HDRCHANGE, "Subject", " [example.com #1] AW: Printer")
mt.disconnect(connection)
