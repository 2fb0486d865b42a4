-- What the scripts share: a message handed to the filter at `socket`, step by step, as an MTA does.

-- miltertest ends without a word on error().
function fail(why)
	mt.echo(why)
	error(why)
end

-- Tells what went wrong by the step that it went wrong at.
function must(failure, step)
	if failure ~= nil then
		fail(step .. ": " .. failure)
	end
end

connection = mt.connect(socket, 50, 0.1)
if connection == nil then
	fail("nobody answers at " .. socket)
end
mt.set_timeout(30)
-- The filter wants to hear of no client and no HELO.
must(mt.negotiate(connection, nil, nil, nil), "negotiation")

-- True when the filter ended the message there, with that reply.
function replied(reply)
	return mt.getreply(connection) == reply
end

function envelope(sender, recipient)
	mt.macro(connection, SMFIC_MAIL, "i", "4F2xq", "{mail_addr}", sender)
	must(mt.mailfrom(connection, "<" .. sender .. ">"), "MAIL")
	mt.macro(connection, SMFIC_RCPT, "{rcpt_addr}", recipient)
	must(mt.rcptto(connection, "<" .. recipient .. ">"), "RCPT")
	must(mt.data(connection), "DATA")
end

function headers(fields)
	for _, field in ipairs(fields) do
		must(mt.header(connection, field[1], " " .. field[2]), field[1])
	end
	must(mt.eoh(connection), "end of headers")
end

function finish(text)
	must(mt.bodystring(connection, text), "body")
	must(mt.eom(connection), "end of message")
end

function send(sender, recipient, fields, text)
	envelope(sender, recipient)
	headers(fields)
	finish(text or "Hello,\r\n\r\nit burns.\r\n")
end

function question(id, more)
	local fields = { { "From", "Carla <carla@customer.example>" }, { "To", "support@example.com" }, { "Subject", "Printer" },
		{ "Date", "Tue, 02 Jun 2026 10:00:00 +0000" }, { "Message-ID", id } }

	for _, field in ipairs(more or {}) do
		table.insert(fields, field)
	end
	return fields
end

-- The filter must have done this at the end of the message.
function expect(...)
	if not mt.eom_check(connection, ...) then
		fail("not done: " .. table.concat({ ... }, " "))
	end
end
