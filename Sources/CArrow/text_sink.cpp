// CSV, TSV and JSON lines: shortest decimal text that reads back as the same number.
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "sink.hpp"

namespace pushforward {

namespace {

class TextSink final : public Sink {
 public:
  TextSink(std::shared_ptr<arrow::io::OutputStream> stream, ca_format format, char delimiter, bool gzip,
           const ca_output_column *columns, int64_t count)
      : stream_(std::move(stream)), is_json_(format == CA_JSON_LINES), delimiter_(delimiter) {
    if (gzip) {
      codec_ = take(arrow::util::Codec::Create(arrow::Compression::GZIP));
      stream_ = take(arrow::io::CompressedOutputStream::Make(codec_.get(), stream_));
    }
    for (int64_t column = 0; column < count; ++column) names_.push_back(encoded(columns[column].name));
    if (!is_json_) write_header();
  }

  void append(const ca_output_column *columns, int64_t count, int64_t rows) override {
    for (int64_t row = 0; row < rows; ++row) {
      if (is_json_) text_ += '{';
      for (int64_t column = 0; column < count; ++column) {
        if (column > 0) text_ += is_json_ ? ',' : delimiter_;
        if (is_json_) text_ += names_[static_cast<size_t>(column)], text_ += ':';
        append_cell(columns[column], row);
      }
      text_ += is_json_ ? "}\n" : "\n";
      if (text_.size() > flush_size) flush();
    }
  }

  void finish() override {
    flush();
    check(stream_->Close());
  }

 private:
  static constexpr size_t flush_size = size_t{1} << 18;

  void flush() {
    check(stream_->Write(text_.data(), static_cast<int64_t>(text_.size())));
    text_.clear();
  }

  void write_header() {
    for (size_t column = 0; column < names_.size(); ++column) {
      if (column > 0) text_ += delimiter_;
      text_ += names_[column];
    }
    text_ += '\n';
  }

  std::string encoded(std::string_view text) const { return is_json_ ? json(text) : delimited(text); }

  std::string delimited(std::string_view text) const {
    const char special[] = {delimiter_, '"', '\n', '\r', '\0'};
    if (!text.empty() && text.find_first_of(special) == std::string_view::npos && text.front() != ' ' &&
        text.back() != ' ')
      return std::string(text);
    std::string result = "\"";
    for (const char character : text) {
      if (character == '"') result += '"';
      result += character;
    }
    return result + '"';
  }

  static std::string json(std::string_view text) {
    std::string result = "\"";
    for (const char character : text) {
      if (character == '"' || character == '\\') {
        result += '\\';
        result += character;
      } else if (static_cast<unsigned char>(character) < 0x20) {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(character));
        result += escape;
      } else {
        result += character;
      }
    }
    return result + '"';
  }

  void append_cell(const ca_output_column &column, int64_t row) {
    const int64_t at = row * column.stride;
    switch (column.type) {
      case CA_FLOAT32: return append_number(static_cast<const float *>(column.data)[at]);
      case CA_FLOAT64: return append_number(static_cast<const double *>(column.data)[at]);
      case CA_INT64: return append_digits(static_cast<const int64_t *>(column.data)[at]);
      default: break;
    }
    const char *text = static_cast<const char *const *>(column.data)[at];
    if (text) {
      text_ += encoded(text);
    } else if (is_json_) {
      text_ += "null";
    }
  }

  template <class Scalar>
  void append_number(Scalar value) {
    if (std::isfinite(value)) return append_digits(value);
    // JSON has no word for these; CSV readers agree on "nan" and "inf".
    text_ += is_json_ ? "null" : std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  }

  template <class Value>
  void append_digits(Value value) {
    char digits[64];
    const auto result = std::to_chars(digits, digits + sizeof digits, value);
    text_.append(digits, result.ptr);
  }

  std::unique_ptr<arrow::util::Codec> codec_;
  std::shared_ptr<arrow::io::OutputStream> stream_;
  bool is_json_;
  char delimiter_;
  std::vector<std::string> names_;
  std::string text_;
};

}  // namespace

std::unique_ptr<Sink> text_sink(std::shared_ptr<arrow::io::OutputStream> stream, ca_format format, char delimiter,
                                bool gzip, const ca_output_column *columns, int64_t count) {
  return std::make_unique<TextSink>(std::move(stream), format, delimiter, gzip, columns, count);
}

}  // namespace pushforward
