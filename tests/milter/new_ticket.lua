-- A customer's mail opens a ticket and is tagged.
dofile(desk)

send("carla@customer.example", "support@example.com", question("<one@customer.example>", { { "X-Ticket", "99" } }))
if not (replied(SMFIR_CONTINUE) or replied(SMFIR_ACCEPT)) then
	fail("not accepted")
end
expect(MT_HDRCHANGE, "Subject", " [example.com #1] Printer")
expect(MT_HDRADD, "X-Ticket", " 1")
expect(MT_HDRADD, "X-Ticket-Queue", " support")
expect(MT_HDRADD, "X-Ticket-Match", " new")
expect(MT_HDRADD, "X-Ticket-Event", " opened")
expect(MT_HDRDELETE, "X-Ticket")
if mt.eom_check(connection, MT_BODYCHANGE) then
	fail("the body was changed")
end
mt.disconnect(connection)
