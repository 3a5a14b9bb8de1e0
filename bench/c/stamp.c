/* stamp FIFO: writes the time its main began, CLOCK_MONOTONIC in nanoseconds. */
#include <fcntl.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	int64_t ns = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
	int fd = argc > 1 ? open(argv[1], O_WRONLY | O_NONBLOCK) : -1;
	return fd < 0 || write(fd, &ns, sizeof ns) != sizeof ns;
}
