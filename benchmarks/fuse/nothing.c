/*
 * A libfuse file system that does nothing: the file "value" reads "1\n". What our mount is compared with.
 * NO_CACHE=1 in the environment keeps the kernel from remembering names, as our mount does.
 */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fuse3/fuse.h>
#include <stdlib.h>
#include <string.h>

static const char text[] = "1\n";

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *file)
{
    (void)file;
    memset(st, 0, sizeof *st);
    st->st_nlink = 1;
    if (strcmp(path, "/") == 0) {
        st->st_mode = S_IFDIR | 0755;
        return 0;
    }
    if (strcmp(path, "/value") != 0)
        return -ENOENT;
    st->st_mode = S_IFREG | 0644;
    st->st_size = 4096;
    return 0;
}

static int do_open(const char *path, struct fuse_file_info *file)
{
    file->direct_io = 1;
    return strcmp(path, "/value") == 0 ? 0 : -ENOENT;
}

static int do_read(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *file)
{
    size_t length = sizeof text - 1;

    (void)path;
    (void)file;
    if (offset >= (off_t)length)
        return 0;
    length -= offset;
    if (length > size)
        length = size;
    memcpy(buffer, text + offset, length);
    return length;
}

static void *do_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
    (void)connection;
    if (getenv("NO_CACHE")) {
        config->entry_timeout = 0;
        config->negative_timeout = 0;
        config->attr_timeout = 3600;
    }
    return NULL;
}

static const struct fuse_operations operations = {
    .init = do_init, .getattr = do_getattr, .open = do_open, .read = do_read,
};

int main(int argc, char **argv)
{
    return fuse_main(argc, argv, &operations, NULL);
}
