// A text file in pieces that end where a row ends.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "source.hpp"

namespace pushforward {

struct Chunk {
  std::unique_ptr<char[]> bytes;
  size_t begin = 0, end = 0;

  std::string_view text() const { return {bytes.get() + begin, end - begin}; }
};

/// Line ends in `text`: \n, or \r where there is no \n.
int64_t count_lines(std::string_view text);
/// The 1-based line on which data row `row` (0-based) starts; blank lines are no rows.
int64_t line_of_row(std::string_view text, int64_t row);

class ChunkReader {
 public:
  explicit ChunkReader(std::shared_ptr<arrow::io::InputStream> stream) : stream_(std::move(stream)) {}
  /// The next piece; false at the end of the file.
  bool next(Chunk &chunk);
  /// Set before the first piece with quotes is read.
  void set_options(const arrow::csv::ParseOptions &options);

 private:
  size_t fill(char *bytes, size_t count, size_t capacity);
  size_t end_of_rows(const char *bytes, size_t count) const;

  std::shared_ptr<arrow::io::InputStream> stream_;
  std::unique_ptr<arrow::Chunker> quoted_chunker_;
  std::string leftover_;
  bool at_end_ = false;
};

}  // namespace pushforward
