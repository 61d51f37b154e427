// The writing half of the C interface.
#include "sink.hpp"

using namespace pushforward;

struct ca_writer {
  // The order matters: a sink flushes into its file when it goes away.
  AtomicFile file;
  std::unique_ptr<Sink> sink;
};

int32_t ca_writer_open(const char *path, int32_t format, char delimiter, bool gzip, const ca_output_column *columns,
                       int64_t count, ca_writer **writer, ca_error *error) CA_NOEXCEPT {
  return guarded(error, [&] {
    auto opened = std::unique_ptr<ca_writer>(new ca_writer{AtomicFile(path), nullptr});
    const auto kind = static_cast<ca_format>(format);
    const bool is_text = kind == CA_DELIMITED || kind == CA_JSON_LINES;
    opened->sink = is_text ? text_sink(opened->file.stream(), kind, delimiter, gzip, columns, count)
                           : arrow_sink(opened->file.stream(), kind, columns, count);
    *writer = opened.release();
  });
}

int32_t ca_writer_append(ca_writer *writer, const ca_output_column *columns, int64_t count, int64_t rows,
                         ca_error *error) CA_NOEXCEPT {
  return guarded(error, [&] { writer->sink->append(columns, count, rows); });
}

int32_t ca_writer_commit(ca_writer *writer, ca_error *error) CA_NOEXCEPT {
  return guarded(error, [&] {
    writer->sink->finish();
    writer->file.commit();
  });
}

void ca_writer_free(ca_writer *writer) CA_NOEXCEPT { delete writer; }
