/* Choosing the form, counting what is printed. */
#include "print.h"

void print_begin(struct printer *printer, struct cli *cli, enum print_kind kind)
{
	*printer = (struct printer){ cli->json ? &print_json_form : &print_text_form, cli, kind, 0,
		NULL };
	printer->form->begin(printer);
}

void print_ticket(struct printer *printer, const struct ticket *ticket)
{
	printer->count++;
	printer->form->ticket(printer, ticket);
}

void print_queue(struct printer *printer, const struct queue_view *view)
{
	printer->count++;
	printer->form->queue(printer, view);
}

void print_agent(struct printer *printer, const struct agent *agent)
{
	printer->count++;
	printer->form->agent(printer, agent);
}

void print_account(struct printer *printer, const struct account *account)
{
	printer->count++;
	printer->form->account(printer, account);
}

void print_outgoing(struct printer *printer, const struct outgoing *outgoing)
{
	printer->count++;
	printer->form->outgoing(printer, outgoing);
}

void print_event(struct printer *printer, const struct event *event)
{
	printer->count++;
	printer->form->event(printer, event);
}

void print_view(struct printer *printer, const struct ticket_view *view)
{
	printer->count++;
	printer->form->view(printer, view);
}

int print_end(struct printer *printer)
{
	printer->form->end(printer);
	return printer->count ? EXIT_DONE : EXIT_NOTHING;
}
