// Where written tables go: a file that appears under its name only when it is complete.
#pragma once

#include <memory>
#include <string>

#include "problem.hpp"

namespace pushforward {

class AtomicFile {
 public:
  explicit AtomicFile(const std::string &path);
  ~AtomicFile();
  AtomicFile(const AtomicFile &) = delete;

  const std::shared_ptr<arrow::io::OutputStream> &stream() const { return stream_; }
  /// Brings the bytes to the disk, then gives the file its name.
  void commit();

 private:
  struct Undecided {};
  AtomicFile(std::string path, Undecided) : path_(std::move(path)) {}

  std::string path_, temporary_path_;
  int descriptor_ = -1;
  bool is_replaced_ = true;  // a regular file takes the place of the old one
  bool is_created_ = false;  // the temporary file is there
  std::shared_ptr<arrow::io::OutputStream> stream_;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void append(const ca_output_column *columns, int64_t count, int64_t rows) = 0;
  virtual void finish() = 0;
};

std::unique_ptr<Sink> text_sink(std::shared_ptr<arrow::io::OutputStream> stream, ca_format format, char delimiter,
                                bool gzip, const ca_output_column *columns, int64_t count);
std::unique_ptr<Sink> arrow_sink(std::shared_ptr<arrow::io::OutputStream> stream, ca_format format,
                                 const ca_output_column *columns, int64_t count);

}  // namespace pushforward
