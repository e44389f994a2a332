// What libbpf's btf__dedup costs: each raw split BTF that is named on standard input, on the base that is the argument,
// in one process, as pahole does it for each module. Prints modules, types and bytes after. With a second argument, a
// directory, it writes each result there, under its own name, so that they can be compared: de-duplicated again until
// nothing goes any more, as btfx does it.
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	unsigned long modules = 0, types = 0, bytes = 0;
	char path[4096], out[8192];
	struct btf *base;

	if (argc < 2) {
		fprintf(stderr, "usage: dedup_libbpf BASE [DIRECTORY] <LIST\n");
		return 2;
	}
	libbpf_set_print(NULL);
	base = btf__parse(argv[1], NULL);
	if (!base) {
		perror(argv[1]);
		return 2;
	}
	while (fgets(path, sizeof(path), stdin)) {
		const void *data;
		struct btf *btf;
		__u32 size;

		path[strcspn(path, "\n")] = '\0';
		btf = btf__parse_split(path, base);
		__u32 before;

		do {
			before = btf ? btf__type_cnt(btf) : 0;
			if (!btf || btf__dedup(btf, NULL)) {
				perror(path);
				return 1;
			}
			if (argc > 2 && btf__type_cnt(btf) < before) {
				struct btf *again;

				data = btf__raw_data(btf, &size);
				again = btf__new_split(data, size, base);
				btf__free(btf);
				btf = again;
			}
		} while (argc > 2 && (!btf || btf__type_cnt(btf) < before));
		data = btf__raw_data(btf, &size);
		modules++;
		types += btf__type_cnt(btf) - btf__type_cnt(base);
		bytes += size;
		if (argc > 2) {
			FILE *file;

			snprintf(out, sizeof(out), "%s/%s", argv[2], basename(path));
			file = fopen(out, "w");
			if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
				perror(out);
				return 2;
			}
		}
		btf__free(btf);
	}
	btf__free(base);
	printf("%lu modules, %lu types, %lu bytes\n", modules, types, bytes);
	return 0;
}
