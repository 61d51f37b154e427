// Blocks gathered into one row-major matrix.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "source.hpp"

namespace pushforward {

struct Free {
  void operator()(void *memory) const { std::free(memory); }
};

class Table {
 public:
  explicit Table(const Plan &plan);

  /// Takes a block in; throws its problem, told in rows and lines of the file.
  void append(Block &block);
  /// Sorts collected categories, spreads them over columns of 0 and 1, and gives unused memory back.
  void finish();
  void start_at(int64_t rows, std::optional<int64_t> lines) { rows_before_ = rows, lines_before_ = lines; }

  int64_t rows() const { return rows_; }
  int64_t rows_read() const { return rows_read_; }
  std::optional<int64_t> lines_before() const { return lines_before_; }
  int64_t columns() const { return width_; }
  int64_t dropped() const { return rows_read_ - rows_; }
  const std::vector<std::string> &categories(size_t selected) const { return columns_[selected].categories; }
  int64_t rounded_row(size_t selected) const { return columns_[selected].rounded_row; }
  void *take_values() { return values_.release(); }

 private:
  struct Column {
    bool is_category = false, is_fixed = false;
    bool has_numbers = false, has_booleans = false;
    int64_t rounded_row = 0;
    Dictionary dictionary;
    std::vector<std::string> categories;
  };

  template <class Scalar>
  void renumber(Block &block);
  template <class Scalar>
  void spread();
  std::vector<int64_t> codes_of(size_t selected, const Block &block);
  void note(const Block &block);
  void reserve(int64_t rows);
  [[noreturn]] void fail(Problem problem) const;

  Plan plan_;
  std::vector<Column> columns_;
  std::unique_ptr<void, Free> values_;
  int64_t rows_ = 0, rows_read_ = 0, capacity_ = 0, width_ = 0;
  int64_t rows_before_ = 0;
  std::optional<int64_t> lines_before_;
};

}  // namespace pushforward
