/* async_uv WARM COLD PAUSE: from an atomic addition and uv_async_send to the
 * callback. */
#include <stdatomic.h>
#include <uv.h>
#include "latency.h"

static uv_async_t async;
static _Atomic uint64_t pending;

static void send_number(uint64_t v)
{
	atomic_fetch_add(&pending, v);
	uv_async_send(&async);
}

static void on_async(uv_async_t *handle)
{
	uint64_t v = atomic_exchange(&pending, 0);
	if (v > 0)
		handled(v);
}

int main(int argc, char **argv)
{
	if (uv_async_init(uv_default_loop(), &async, on_async) != 0)
		return 1;
	start(argc, argv);
	return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
