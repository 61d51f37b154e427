// Where blocks come from: one class for each family of files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "block.hpp"

namespace pushforward {

class Source {
 public:
  virtual ~Source() = default;
  virtual const std::vector<std::string> &names() const = 0;
  virtual bool names_are_generated() const { return false; }
  /// Line of the file on which the first data row starts, minus 1; nothing for files without lines.
  virtual std::optional<int64_t> lines_before_data() const { return std::nullopt; }
  /// Fixes what is read; once, before `next`.
  virtual void start(const Plan &plan) = 0;
  /// The next block in the order of the file; false after the last.
  virtual bool next(Block &block) = 0;
};

struct TextOptions {
  char delimiter = 0;
  ca_header header = CA_HEADER_AUTOMATIC;
  std::vector<std::string> missing_texts;
};

std::unique_ptr<Source> open_delimited(const std::string &path, const TextOptions &options);
std::unique_ptr<Source> open_arrow(const std::string &path, ca_format format);

/// The bytes of a file, decompressed when its first bytes say so; throws when it cannot be read.
std::shared_ptr<arrow::io::InputStream> open_stream(const std::string &path);
std::shared_ptr<arrow::io::RandomAccessFile> open_random_access(const std::string &path);

/// Throws when the first bytes of the file are those of another kind of file.
void check_format(const std::string &path, ca_format format);

/// UTF-8 as it is; anything else is taken for Latin-1.
std::string as_utf8(std::string_view text);

}  // namespace pushforward
