-- A mail that is aborted in its middle leaves nothing to the next one of the connection.
dofile(desk)

envelope("eve@customer.example", "support@example.com")
headers({ { "From", "eve@customer.example" }, { "Subject", "half a mail" }, { "Message-ID", "<half@customer.example>" } })
must(mt.bodystring(connection, "half a"), "body")
mt.abort(connection)
send("carla@customer.example", "support@example.com", question("<one@customer.example>"))
expect(MT_HDRADD, "X-Ticket", " 1")
expect(MT_HDRCHANGE, "Subject", " [example.com #1] Printer")
mt.disconnect(connection)
