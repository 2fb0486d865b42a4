/* Where the store is, as milticket.conf says. */
#include "settings/settings.h"
#include "store/store.h"

struct store_options store_options_of(const struct settings *settings)
{
	return (struct store_options){
		.url = settings->store.url,
		.password_file = settings->store.password_file,
		.path = settings->store.path,
		.deadline_s = settings->store.deadline_s,
		.require_sync = settings->store.require_sync,
		.map_size = (size_t)settings->store.map_size_mib << 20,
		.durable = settings->store.durable,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
	};
}
