/* libpq, which only who has store.url needs: pq.clear() is PQclear(). */
#ifndef MILTICKET_PG_LIBRARY_H
#define MILTICKET_PG_LIBRARY_H

#include <libpq-fe.h>

#include "base/library.h"

/* clang-format off */
#define PQ_FUNCTIONS(F) \
	F(PQ, backendPID) F(PQ, clear) F(PQ, cmdTuples) F(PQ, connectPoll) \
	F(PQ, connectStartParams) F(PQ, connectionNeedsPassword) F(PQ, conninfoFree) \
	F(PQ, conninfoParse) F(PQ, consumeInput) F(PQ, enterPipelineMode) \
	F(PQ, errorMessage) F(PQ, exitPipelineMode) F(PQ, finish) F(PQ, flush) \
	F(PQ, freemem) F(PQ, getResult) F(PQ, getisnull) F(PQ, getlength) F(PQ, getvalue) \
	F(PQ, isBusy) F(PQ, notifies) F(PQ, ntuples) F(PQ, pipelineSync) \
	F(PQ, resultErrorField) F(PQ, resultStatus) F(PQ, sendPrepare) F(PQ, sendQuery) \
	F(PQ, sendQueryParams) F(PQ, sendQueryPrepared) F(PQ, setErrorVerbosity) \
	F(PQ, setNoticeReceiver) F(PQ, setnonblocking) F(PQ, socket) F(PQ, status) \
	F(PQ, transactionStatus)
/* clang-format on */

struct pq {
	PQ_FUNCTIONS(LIBRARY_POINTER)
};
extern struct pq pq;

/* Before the first call. ST_IO: there is none. */
enum status pg_library_load(struct error *err);

#endif
