/* SPDX-License-Identifier: MIT */
/*
 * What happens to a store on disk: the process dies, somebody else has the
 * file, it is damaged, the disk fails.  The calls by which SQLite writes are
 * ours here, so that any of them can be made to fail.
 */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "chance.h"
#include "store_dir.h"

#define EXPORT __attribute__((visibility("default")))

/* --- the disk -------------------------------------------------------------
 */

static struct {
	int calls, fail_at; /* which of them fails; 0: none */
	int error;
	bool for_ever; /* and all after it */
	int syncs, reads;
} disk;

static bool
is_to_fail(void)
{
	disk.calls++;
	if (disk.fail_at == 0 || disk.calls < disk.fail_at ||
	    (disk.calls > disk.fail_at && !disk.for_ever))
		return false;
	errno = disk.error;
	return true;
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off_t at);
EXPORT ssize_t pread64(int fd, void *data, size_t len, off_t at);
EXPORT int ftruncate64(int fd, off_t len);

ssize_t
pwrite64(int fd, const void *data, size_t len, off_t at)
{
	return is_to_fail() ? -1 : syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t
pread64(int fd, void *data, size_t len, off_t at)
{
	disk.reads++;
	return syscall(SYS_pread64, fd, data, len, at);
}

int
ftruncate64(int fd, off_t len)
{
	return is_to_fail() ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

EXPORT int
fdatasync(int fd)
{
	(void)fd;
	disk.syncs++; /* the page cache outlives all that happens here */
	return is_to_fail() ? -1 : 0;
}

EXPORT int
fsync(int fd)
{
	return fdatasync(fd);
}

/* --- a store --------------------------------------------------------------
 */

static struct store *s;
static struct store_found found;
static char why[256];

static int
begin(void **state)
{
	memset(&disk, 0, sizeof(disk));
	return store_dir_begin(state);
}

static int
try_open(struct store **to, const char *kind, uint32_t version,
    enum store_sync sync)
{
	const struct store_options o = { .path = store_dir_at("spool/w.db"),
		.kind = kind,
		.version = version,
		.sync = sync,
		.max_size = 4 << 20 };

	return store_open(to, &o, &found, why, sizeof(why));
}

static void
open_store(void)
{
	if (try_open(&s, "spool", 1, STORE_CRASH) != 0)
		fail_msg("%s", why);
}

static void
close_store(bool clean)
{
	assert_int_equal(store_close(s, clean), 0);
	s = NULL;
}

/* One transaction of one row: 0, or what failed. */
static int
try_put(const char *text)
{
	uint64_t id;
	int rc = store_begin(s);

	if (rc < 0)
		return rc;
	rc = store_append(s, 0, text, strlen(text), &id);
	if (rc == 0)
		return store_commit(s);
	store_rollback(s);
	return rc;
}

static void
put(const char *text)
{
	assert_int_equal(try_put(text), 0);
}

/* Rows of n bytes each, in one transaction. */
static void
put_many(int rows, size_t each)
{
	char *body = xmalloc(each);
	uint64_t id;

	memset(body, 'b', each);
	assert_int_equal(store_begin(s), 0);
	for (int i = 0; i < rows; i++)
		assert_int_equal(store_append(s, 0, body, each, &id), 0);
	assert_int_equal(store_commit(s), 0);
	free(body);
}

static const char *
rows(void)
{
	static struct buf all;
	struct store_row row = { 0 };
	int rc;

	buf_clear(&all);
	while ((rc = store_next(s, 0, row.id, &row)) == 0) {
		buf_puts(&all, all.len > 0 ? " " : "");
		buf_add(&all, row.body, row.len);
	}
	assert_int_equal(rc, -ENOENT);
	return all.data;
}

/* Runs it in a process of its own that is killed at its end. */
static void
killed(void (*fn)(void))
{
	const pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		fn();
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* The names of the folder's entries that contain a text, how many. */
static int
count_files(const char *what)
{
	DIR *dir = opendir(store_dir_at("spool"));
	const struct dirent *e;
	int n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL)
		n += strstr(e->d_name, what) != NULL;
	closedir(dir);
	return n;
}

static struct buf
contents(const char *name)
{
	FILE *f = fopen(store_dir_at(name), "r");
	struct buf all = { 0 };
	char part[4096];
	size_t n;

	if (f == NULL)
		return all;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&all, part, n);
	fclose(f);
	return all;
}

static void
write_contents(const char *name, const struct buf *all)
{
	FILE *f = fopen(store_dir_at(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(all->data, 1, all->len, f), all->len);
	assert_int_equal(fclose(f), 0);
}

/* --- the end of a process -------------------------------------------------
 */

static void
a_clean_close_is_seen(void **state)
{
	(void)state;
	open_store();
	assert_int_equal(found.state, STORE_NEW);
	assert_string_equal(found.aside, "");
	put("a");
	close_store(true);
	open_store();
	assert_int_equal(found.state, STORE_CLEAN);
	assert_string_equal(rows(), "a");
	close_store(false);
	open_store();
	assert_int_equal(found.state, STORE_UNCLEAN);
	assert_string_equal(rows(), "a");
	close_store(true);
}

static void
put_two_and_a_half(void)
{
	uint64_t id;

	open_store();
	put("a");
	put("b");
	store_begin(s);
	store_append(s, 0, "c", 1, &id);
}

static void
what_was_committed_outlives_kill_9_and_nothing_else(void **state)
{
	(void)state;
	killed(put_two_and_a_half);
	open_store();
	assert_int_equal(found.state, STORE_UNCLEAN);
	assert_string_equal(found.aside, "");
	assert_string_equal(rows(), "a b");
	close_store(true);
}

static void
ids_go_on_after_a_restart_even_if_nothing_is_left(void **state)
{
	uint64_t first, second;

	(void)state;
	open_store();
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_append(s, 0, "a", 1, &first), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_trim(s, 0, first), 0);
	assert_int_equal(store_commit(s), 0);
	close_store(true);
	open_store();
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_append(s, 1, "b", 1, &second), 0);
	assert_int_equal(store_commit(s), 0);
	assert_true(second > first);
	close_store(true);
}

static void
power_is_a_flush_a_commit_and_crash_is_none(void **state)
{
	int before;

	(void)state;
	open_store();
	/* that it is in use is on disk whatever is asked for: it must not seem
	 * clean when ids have been given out */
	assert_true(disk.syncs > 0);
	before = disk.syncs;
	for (int i = 0; i < 5; i++)
		put("a");
	assert_int_equal(disk.syncs, before);
	close_store(true);
	assert_int_equal(try_open(&s, "spool", 1, STORE_POWER), 0);
	before = disk.syncs;
	for (int i = 0; i < 5; i++)
		put("a");
	assert_true(disk.syncs >= before + 5);
	close_store(true);
}

static void
opening_reads_as_little_of_much_as_of_nothing(void **state)
{
	(void)state;
	open_store();
	put_many(50, 64 * 1024);
	close_store(true);
	disk.reads = 0;
	open_store();
	assert_in_range(disk.reads, 1, 20);
	close_store(true);
}

/* --- others ---------------------------------------------------------------
 */

static void
open_as_second(void)
{
	struct store *other;

	if (try_open(&other, "spool", 1, STORE_CRASH) != -EBUSY)
		_exit(1);
}

static void
there_is_one_owner_at_a_time(void **state)
{
	struct store *other;

	(void)state;
	open_store();
	put("a");
	assert_int_equal(try_open(&other, "spool", 1, STORE_CRASH), -EBUSY);
	assert_null(other);
	assert_string_equal(why, "another process has it open");
	killed(open_as_second);
	put("b");
	assert_string_equal(rows(), "a b");
	close_store(true);
	assert_int_equal(count_files("corrupt"), 0);
}

static void
what_it_makes_is_for_its_user_alone(void **state)
{
	const mode_t mask = umask(0);
	struct stat st;

	(void)state;
	open_store();
	put("a");
	umask(mask);
	assert_int_equal(stat(store_dir_at("spool"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(store_dir_at("spool/w.db"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(store_dir_at("spool/w.db-wal"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	close_store(true);
}

static void
a_link_in_place_of_the_file_is_not_followed(void **state)
{
	(void)state;
	assert_int_equal(mkdir(store_dir_at("spool"), 0700), 0);
	assert_int_equal(symlink("/dev/null", store_dir_at("spool/w.db")), 0);
	assert_int_equal(try_open(&s, "spool", 1, STORE_CRASH), -ELOOP);
	assert_int_equal(unlink(store_dir_at("spool/w.db")), 0);
}

static void
a_link_in_place_of_the_folder_is(void **state)
{
	(void)state;
	assert_int_equal(mkdir(store_dir_at("real"), 0700), 0);
	assert_int_equal(symlink("real", store_dir_at("spool")), 0);
	open_store();
	close_store(true);
	assert_int_equal(access(store_dir_at("real/w.db"), F_OK), 0);
}

/* --- versions -------------------------------------------------------------
 */

static void
put_with_version_2(void)
{
	if (try_open(&s, "spool", 2, STORE_CRASH) != 0)
		_exit(1);
	put("a");
}

static void
assert_same(const char *name, const struct buf *was)
{
	struct buf is = contents(name);

	assert_int_equal(is.len, was->len);
	assert_memory_equal(is.data, was->data, was->len);
	buf_free(&is);
}

static void
a_newer_format_is_refused_and_left_as_it_is(void **state)
{
	struct buf file, log;

	(void)state;
	killed(put_with_version_2);
	file = contents("spool/w.db");
	log = contents("spool/w.db-wal");
	assert_true(file.len > 0);
	assert_true(log.len > 0);
	assert_int_equal(try_open(&s, "spool", 1, STORE_CRASH), -EPROTO);
	assert_null(s);
	assert_string_equal(why, "a newer version of fettle wrote it");
	assert_same("spool/w.db", &file);
	assert_same("spool/w.db-wal", &log);
	assert_int_equal(count_files(""), 4); /* with . and .. */
	assert_int_equal(try_open(&s, "spool", 2, STORE_CRASH), 0);
	assert_string_equal(rows(), "a");
	close_store(true);
	buf_free(&file);
	buf_free(&log);
}

static void
an_older_format_is_taken_over(void **state)
{
	(void)state;
	open_store();
	put("a");
	close_store(true);
	assert_int_equal(try_open(&s, "spool", 3, STORE_CRASH), 0);
	assert_int_equal(found.state, STORE_CLEAN);
	assert_string_equal(rows(), "a");
	close_store(true);
	assert_int_equal(try_open(&s, "spool", 2, STORE_CRASH), -EPROTO);
}

/* --- damage ---------------------------------------------------------------
 */

static void
what_is_no_store_is_set_aside(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_puts(&text, "this is a text, and quite long enough for a header");
	while (text.len < 8192)
		buf_putc(&text, '.');
	assert_int_equal(mkdir(store_dir_at("spool"), 0700), 0);
	write_contents("spool/w.db", &text);
	open_store();
	assert_int_equal(found.state, STORE_NEW);
	assert_int_equal(strncmp(found.aside, "w.db.corrupt-2", 14), 0);
	assert_string_equal(why, "file is not a database");
	put("a");
	close_store(true);
	buf_free(&text);
}

static void
a_store_of_another_kind_is_set_aside(void **state)
{
	(void)state;
	open_store();
	close_store(true);
	assert_int_equal(try_open(&s, "alerts", 1, STORE_CRASH), 0);
	assert_int_equal(found.state, STORE_NEW);
	assert_string_not_equal(found.aside, "");
	assert_string_equal(why, "it is a spool, not a alerts");
	close_store(true);
}

static void
of_what_is_set_aside_the_newest_two_stay(void **state)
{
	struct buf junk = { 0 };
	char last[2][sizeof(found.aside)];

	(void)state;
	assert_int_equal(mkdir(store_dir_at("spool"), 0700), 0);
	for (int i = 0; i < 5; i++) {
		buf_clear(&junk);
		for (int n = 0; n < 1000; n++)
			buf_printf(&junk, "junk %d ", i);
		write_contents("spool/w.db", &junk);
		open_store();
		strcpy(last[i % 2], found.aside);
		close_store(true);
	}
	assert_int_equal(count_files("corrupt"), 2);
	assert_int_equal(count_files(last[0]), 1);
	assert_int_equal(count_files(last[1]), 1);
	buf_free(&junk);
}

static void
put_much(void)
{
	open_store();
	put_many(20, 3000);
	for (int i = 0; i < 5; i++)
		put("a");
}

static void
a_file_that_is_marked_as_damaged_goes_aside_with_its_log(void **state)
{
	const struct buf mark = { .data = "" };
	struct buf log;

	(void)state;
	killed(put_much);
	log = contents("spool/w.db-wal");
	assert_true(log.len > 0);
	write_contents("spool/w.db.damaged", &mark);
	open_store();
	assert_int_equal(found.state, STORE_NEW);
	assert_string_equal(rows(), "");
	close_store(true);
	assert_int_equal(count_files("corrupt"), 2);
	assert_int_equal(count_files("Z-wal"), 1);
	assert_int_equal(count_files("damaged"), 0);
	open_store();
	assert_int_equal(found.state, STORE_CLEAN);
	assert_string_equal(found.aside, "");
	close_store(true);
	buf_free(&log);
}

/* A row whose body was changed behind SQLite's back. */
static void
a_damaged_row_costs_that_row(void **state)
{
	struct store_row row = { 0 };
	struct buf file;
	char *at;
	uint64_t id;

	(void)state;
	open_store();
	put("first");
	put("second");
	put("third");
	close_store(true);
	file = contents("spool/w.db");
	at = memmem(file.data, file.len, "second", 6);
	assert_non_null(at);
	*at = 'X';
	write_contents("spool/w.db", &file);
	buf_free(&file);
	open_store();
	assert_int_equal(found.state, STORE_CLEAN);
	assert_int_equal(store_next(s, 0, 0, &row), 0);
	id = row.id;
	assert_int_equal(store_next(s, 0, id, &row), -EBADMSG);
	assert_true(row.id > id);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_remove(s, 0, row.id), 0);
	assert_int_equal(store_commit(s), 0);
	assert_string_equal(rows(), "first third");
	close_store(true);
}

static int
count_one(void *arg, const char *key, const void *value, size_t len)
{
	(void)key;
	(void)value;
	(void)len;
	(*(int *)arg)++;
	return 0;
}

static void
a_damaged_record_costs_that_record(void **state)
{
	struct buf file;
	const void *value;
	size_t len;
	char *at;
	int n = 0;

	(void)state;
	open_store();
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_set(s, "good", "1", 1), 0);
	assert_int_equal(store_set(s, "later", "value", 5), 0);
	assert_int_equal(store_commit(s), 0);
	close_store(true);
	file = contents("spool/w.db");
	at = memmem(file.data, file.len, "value", 5);
	assert_non_null(at);
	at = memmem(
	    at + 5, file.len - (size_t)(at + 5 - file.data), "value", 5);
	if (at == NULL) /* not in the schema's text as well */
		at = memmem(file.data, file.len, "value", 5);
	*at = 'X';
	write_contents("spool/w.db", &file);
	buf_free(&file);
	open_store();
	assert_int_equal(store_get(s, "later", &value, &len), -EBADMSG);
	assert_int_equal(store_get(s, "good", &value, &len), 0);
	assert_int_equal(store_each(s, "", count_one, &n), -EBADMSG);
	assert_int_equal(n, 1);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_set(s, "later", "new", 3), 0);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_each(s, "", count_one, &n), 0);
	close_store(true);
}

enum { ROWS = 40, ROW_BYTES = 1500 };

static unsigned char
row_byte(uint64_t id, size_t i)
{
	return (unsigned char)(id * 31 + i * 7);
}

static void
put_rows(void)
{
	unsigned char body[ROW_BYTES];
	uint64_t id;

	open_store();
	for (uint64_t n = 1; n <= ROWS; n++) {
		for (size_t i = 0; i < ROW_BYTES; i++)
			body[i] = row_byte(n, i);
		assert_int_equal(store_begin(s), 0);
		assert_int_equal(store_append(s, 0, body, ROW_BYTES, &id), 0);
		assert_int_equal(id, n);
		assert_int_equal(store_set(s, "k", body, n), 0);
		assert_int_equal(store_commit(s), 0);
	}
}

/* Damages it: flips bits, cuts it, empties a page. */
static void
damage(struct buf *file, uint64_t *seed)
{
	size_t at, n;

	if (file->len == 0)
		return;
	at = chance_of(seed, file->len);
	switch (chance_of(seed, 4)) {
	case 0:
		file->len = at;
		break;
	case 1:
		n = file->len - at / 4096 * 4096;
		memset(file->data + at / 4096 * 4096, 0, n < 4096 ? n : 4096);
		break;
	case 2: /* where the header and the schema are */
		at %= 512;
		/* fall through */
	default:
		file->data[at] =
		    (char)(file->data[at] ^ 1 << chance_of(seed, 8));
		break;
	}
}

/* Reads all there is.  Whatever is said to be whole is; 0 or -errno. */
static int
read_all(void)
{
	struct store_row row = { 0 };
	uint64_t last = 0;
	const void *value;
	size_t len;
	int rc = 0;

	while (rc != -ENOENT) {
		rc = store_next(s, 0, last, &row);
		if (rc != 0 && rc != -EBADMSG && rc != -ENOENT)
			return rc;
		if (rc == -ENOENT)
			break;
		assert_true(row.id > last);
		last = row.id;
		if (rc != 0)
			continue;
		assert_in_range(row.id, 1, ROWS);
		assert_int_equal(row.len, ROW_BYTES);
		for (size_t i = 0; i < ROW_BYTES; i++)
			assert_int_equal(((const unsigned char *)row.body)[i],
			    row_byte(row.id, i));
	}
	rc = store_get(s, "k", &value, &len);
	if (rc == 0)
		for (size_t i = 0; i < len; i++)
			assert_int_equal(((const unsigned char *)value)[i],
			    row_byte(len, i));
	return rc == -ENOENT || rc == -EBADMSG ? 0 : rc;
}

/* What one round may end with: all read, and a new row put and read. */
static void
use_damaged(void)
{
	int rc;

	open_store();
	rc = read_all();
	if (rc == 0)
		rc = try_put("new");
	if (rc == 0) {
		close_store(true);
		return;
	}
	assert_int_equal(rc, -EUCLEAN);
	assert_int_equal(store_close(s, true), -EUCLEAN);
	open_store();
	assert_string_not_equal(found.aside, "");
	assert_string_equal(rows(), "");
	put("new");
	assert_string_equal(rows(), "new");
	close_store(true);
}

static uint64_t round_seed;

static int
say_seed(void **state)
{
	print_message("# last seed %#llx\n", (unsigned long long)round_seed);
	return store_dir_end(state);
}

static void
no_damage_does_more_than_cost_what_was_in_it(void **state)
{
	const char *rounds = getenv("FETTLE_ROUNDS");
	const int n = rounds != NULL ? 20 * atoi(rounds) : 150;
	struct buf file, log;
	uint64_t seed = 1;

	(void)state;
	killed(put_rows);
	file = contents("spool/w.db");
	log = contents("spool/w.db-wal");
	for (int i = 0; i < n; i++) {
		struct buf hurt_file = { 0 }, hurt_log = { 0 };

		round_seed = seed;
		buf_add(&hurt_file, file.data, file.len);
		buf_add(&hurt_log, log.data, log.len);
		damage(chance_of(&seed, 2) ? &hurt_file : &hurt_log, &seed);
		write_contents("spool/w.db", &hurt_file);
		write_contents("spool/w.db-wal", &hurt_log);
		use_damaged();
		buf_free(&hurt_file);
		buf_free(&hurt_log);
	}
	buf_free(&file);
	buf_free(&log);
}

/* --- the disk fails -------------------------------------------------------
 */

static void
a_folder_that_was_removed_is_noticed_and_made_again(void **state)
{
	char *command = xasprintf("rm -rf '%s'", store_dir_at("spool"));

	(void)state;
	open_store();
	put("a");
	assert_int_equal(system(command), 0);
	assert_int_equal(try_put("b"), -ESTALE);
	assert_int_equal(store_close(s, true), -ESTALE);
	open_store();
	assert_int_equal(found.state, STORE_NEW);
	put("c");
	assert_string_equal(rows(), "c");
	close_store(true);
	free(command);
}

/* Root may write anywhere, so somebody else tries. */
static void
open_where_nothing_may_be_written(void)
{
	if (geteuid() == 0 && seteuid(65534) != 0)
		_exit(1);
	if (try_open(&s, "spool", 1, STORE_CRASH) != -EACCES || s != NULL)
		_exit(2);
}

static void
a_folder_that_cannot_be_written_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(chmod(store_dir, 0555), 0);
	killed(open_where_nothing_may_be_written);
	assert_int_equal(chmod(store_dir, 0755), 0);
	assert_int_equal(mkdir(store_dir_at("spool"), 0555), 0);
	killed(open_where_nothing_may_be_written);
}

static void
open_what_may_only_be_read(void)
{
	int rc;

	if (geteuid() == 0 && seteuid(65534) != 0)
		_exit(1);
	rc = try_open(&s, "spool", 1, STORE_CRASH);
	if (rc != -EROFS && rc != -EACCES)
		_exit(2);
}

static void
a_file_that_cannot_be_written_is_an_error_and_stays(void **state)
{
	(void)state;
	open_store();
	put("a");
	close_store(true);
	assert_int_equal(chmod(store_dir_at("spool/w.db"), 0444), 0);
	assert_int_equal(chmod(store_dir_at("spool"), 0555), 0);
	assert_int_equal(chmod(store_dir, 0755), 0);
	killed(open_what_may_only_be_read);
	assert_int_equal(chmod(store_dir_at("spool/w.db"), 0600), 0);
	assert_int_equal(chmod(store_dir_at("spool"), 0700), 0);
	open_store();
	assert_int_equal(found.state, STORE_CLEAN);
	assert_string_equal(rows(), "a");
	close_store(true);
}

/*
 * Puts rows until the disk fails, then makes it whole and looks: everything
 * that was committed is there, in order, and of what failed all or nothing.
 * False: it has not failed.
 */
static bool
survive(int fail_at, int error, bool for_ever, enum store_sync sync)
{
	int put_n = 0, rc, left, calls;
	char text[16], *end;
	bool failed;

	disk.calls = 0;
	disk.fail_at = fail_at;
	disk.error = error;
	disk.for_ever = for_ever;
	rc = try_open(&s, "spool", 1, sync);
	for (int i = 1; rc == 0 && i <= 30; i++) {
		snprintf(text, sizeof(text), "%d", i);
		rc = try_put(text);
		put_n += rc == 0;
	}
	calls = disk.calls;
	if (s != NULL && rc != 0) {
		assert_int_equal(store_begin(s), rc);
		assert_int_equal(store_close(s, true), rc);
		/* what has failed is not tried again */
		assert_int_equal(disk.calls, calls);
	} else if (s != NULL) {
		rc = store_close(s, true);
	}
	s = NULL;
	failed = disk.calls >= fail_at;
	memset(&disk, 0, sizeof(disk));
	open_store();
	assert_string_equal(found.aside, "");
	end = strrchr(rows(), ' ');
	left = rows()[0] == '\0' ? 0 : atoi(end != NULL ? end : rows());
	assert_in_range(left, put_n, put_n + 1);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_trim(s, 0, UINT64_MAX), 0);
	assert_int_equal(store_commit(s), 0);
	close_store(true);
	return failed;
}

static void
sweep(int error, bool for_ever, enum store_sync sync)
{
	int n = 1;

	while (survive(n, error, for_ever, sync))
		n++;
	assert_true(n > 30);
}

static void
a_disk_that_fails_once_costs_nothing_that_was_committed(void **state)
{
	(void)state;
	sweep(EIO, false, STORE_CRASH);
	sweep(EIO, false, STORE_POWER);
}

static void
a_disk_that_stays_broken_costs_nothing_that_was_committed(void **state)
{
	(void)state;
	sweep(EIO, true, STORE_POWER);
}

static void
a_full_disk_costs_nothing_that_was_committed(void **state)
{
	(void)state;
	sweep(ENOSPC, true, STORE_CRASH);
}

static void
a_full_disk_is_told_apart(void **state)
{
	(void)state;
	open_store();
	disk.fail_at = disk.calls + 1;
	disk.for_ever = true;
	disk.error = ENOSPC;
	assert_int_equal(try_put("a"), -ENOSPC);
	assert_int_equal(store_close(s, true), -ENOSPC);
	s = NULL;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, store_dir_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_clean_close_is_seen),
		TEST(what_was_committed_outlives_kill_9_and_nothing_else),
		TEST(ids_go_on_after_a_restart_even_if_nothing_is_left),
		TEST(power_is_a_flush_a_commit_and_crash_is_none),
		TEST(opening_reads_as_little_of_much_as_of_nothing),
		TEST(there_is_one_owner_at_a_time),
		TEST(what_it_makes_is_for_its_user_alone),
		TEST(a_link_in_place_of_the_file_is_not_followed),
		TEST(a_link_in_place_of_the_folder_is),
		TEST(a_newer_format_is_refused_and_left_as_it_is),
		TEST(an_older_format_is_taken_over),
		TEST(what_is_no_store_is_set_aside),
		TEST(a_store_of_another_kind_is_set_aside),
		TEST(of_what_is_set_aside_the_newest_two_stay),
		TEST(a_file_that_is_marked_as_damaged_goes_aside_with_its_log),
		TEST(a_damaged_row_costs_that_row),
		TEST(a_damaged_record_costs_that_record),
		cmocka_unit_test_setup_teardown(
		    no_damage_does_more_than_cost_what_was_in_it, begin,
		    say_seed),
		TEST(a_folder_that_was_removed_is_noticed_and_made_again),
		TEST(a_folder_that_cannot_be_written_is_an_error),
		TEST(a_file_that_cannot_be_written_is_an_error_and_stays),
		TEST(a_disk_that_fails_once_costs_nothing_that_was_committed),
		TEST(
		    a_disk_that_stays_broken_costs_nothing_that_was_committed),
		TEST(a_full_disk_costs_nothing_that_was_committed),
		TEST(a_full_disk_is_told_apart),
	};

	return cmocka_run_group_tests(tests, store_dir_load, NULL);
}
