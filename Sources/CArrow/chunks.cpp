#include "chunks.hpp"

#include <algorithm>
#include <cstring>

namespace pushforward {

namespace {

// Small enough that a piece and its parsed form stay in a core's cache while its columns are visited one by one.
constexpr size_t chunk_size = size_t{1} << 20;
constexpr size_t longest_row = size_t{1} << 28;

char line_end_of(std::string_view text) { return text.find('\n') != std::string_view::npos ? '\n' : '\r'; }

}  // namespace

int64_t count_lines(std::string_view text) { return std::count(text.begin(), text.end(), line_end_of(text)); }

int64_t line_of_row(std::string_view text, int64_t row) {
  const char end = line_end_of(text);
  int64_t line = 1, start_line = 1;
  bool quoted = false, blank = true;
  for (const char character : text) {
    if (character == end && !quoted) {
      if (!blank && row-- == 0) return start_line;
      start_line = ++line;
      blank = true;
      continue;
    }
    if (character == end) ++line;
    if (character == '"') quoted = !quoted;
    if (character != '\r') blank = false;
  }
  return start_line;
}

void ChunkReader::set_options(const arrow::csv::ParseOptions &options) {
  arrow::csv::ParseOptions quoted = options;
  quoted.newlines_in_values = true;
  quoted_chunker_ = arrow::csv::MakeChunker(quoted);
}

size_t ChunkReader::fill(char *bytes, size_t count, size_t capacity) {
  while (count < capacity && !at_end_) {
    const int64_t read = take(stream_->Read(static_cast<int64_t>(capacity - count), bytes + count));
    at_end_ = read == 0;
    count += static_cast<size_t>(read);
  }
  return count;
}

// A line end inside quotes ends no row; only text with quotes pays for the careful search.
size_t ChunkReader::end_of_rows(const char *bytes, size_t count) const {
  const std::string_view text(bytes, count);
  if (quoted_chunker_ && std::memchr(bytes, '"', count)) {
    std::shared_ptr<arrow::Buffer> whole, partial;
    check(quoted_chunker_->Process(arrow::Buffer::FromString(std::string(text)), &whole, &partial));
    return static_cast<size_t>(whole->size());
  }
  const size_t last = text.rfind(line_end_of(text));
  // A lone \r at the very end may be half of \r\n.
  if (last == std::string_view::npos || (last + 1 == count && text[last] == '\r')) return 0;
  return last + 1;
}

bool ChunkReader::next(Chunk &chunk) {
  size_t capacity = chunk_size + leftover_.size();
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
  std::memcpy(bytes.get(), leftover_.data(), leftover_.size());
  size_t count = leftover_.size();
  for (;;) {
    count = fill(bytes.get(), count, capacity);
    const size_t end = at_end_ ? count : end_of_rows(bytes.get(), count);
    if (end > 0 || at_end_) {
      leftover_.assign(bytes.get() + end, count - end);
      chunk = Chunk{std::move(bytes), 0, end};
      return end > 0;
    }
    if (capacity >= longest_row) throw Problem(CA_CORRUPT, "a row is longer than 256 MB: is a quote left open?");
    auto larger = std::make_unique_for_overwrite<char[]>(2 * capacity);
    std::memcpy(larger.get(), bytes.get(), count);
    bytes = std::move(larger);
    capacity *= 2;
  }
}

}  // namespace pushforward
