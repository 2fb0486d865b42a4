/* Choosing the form, counting what is printed. */
#include "print.h"

#include "terminal.h"

void print_begin(struct printer *printer, struct cli *cli, enum print_kind kind)
{
	*printer = (struct printer){
		.form = cli->json ? &print_json_form : &print_text_form, .cli = cli, .kind = kind
	};
	printer->form->begin(printer);
}

struct print_finding {
	const struct cli *cli;
	const struct ticket *ticket;
	struct found_snippet found;
};

static enum status print_find(struct txn *txn, void *arg, struct error *err)
{
	struct print_finding *f = arg;

	snippets_release(&f->found);
	return snippets_find(txn, f->ticket, f->cli->sought, f->cli->n_sought, &f->found, err);
}

/* A ticket is printed without the place when that cannot be read. */
void print_ticket(struct printer *printer, const struct ticket *ticket)
{
	struct print_finding f = { .cli = printer->cli, .ticket = ticket };

	printer->count++;
	if (printer->cli->n_sought && !(printer->form == &print_text_form && !terminal_is()))
		store_read(printer->cli->store, print_find, &f, NULL);
	printer->found = f.found.seq ? &f.found : NULL;
	printer->form->ticket(printer, ticket);
	printer->found = NULL;
	snippets_release(&f.found);
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

void print_query(struct printer *printer, const struct shared_query *query, bool shared)
{
	printer->count++;
	printer->form->query(printer, query, shared);
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
