#include "table.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

namespace pushforward {

Table::Table(const Plan &plan) : plan_(plan), columns_(plan.selections.size()), width_(plan.width()) {
  for (size_t selected = 0; selected < columns_.size(); ++selected) {
    const Selection &selection = plan.selections[selected];
    columns_[selected].is_category = selection.treatment == CA_CATEGORY;
    if (!selection.categories) continue;
    columns_[selected].is_fixed = true;
    for (const auto &text : *selection.categories) columns_[selected].dictionary.code(text);
  }
}

void Table::fail(Problem problem) const {
  problem.row += rows_before_ + rows_read_ + 1;
  problem.line = lines_before_ && problem.line > 0 ? problem.line + *lines_before_ : 0;
  throw problem;
}

// Growing by realloc moves pages, not bytes, on Linux, and pages not yet written to take no memory.
void Table::reserve(int64_t rows) {
  if (rows <= capacity_) return;
  const int64_t capacity = std::max<int64_t>({rows, 2 * capacity_, 4096});
  const size_t row_size = static_cast<size_t>(width_) * plan_.scalar_size();
  if (row_size != 0 && static_cast<size_t>(capacity) > std::numeric_limits<size_t>::max() / row_size)
    throw std::bad_alloc();
  void *larger = std::realloc(values_.get(), static_cast<size_t>(capacity) * row_size);
  if (!larger) throw std::bad_alloc();
  (void)values_.release();
  values_.reset(larger);
  capacity_ = capacity;
}

void Table::note(const Block &block) {
  for (size_t selected = 0; selected < block.columns.size(); ++selected) {
    Column &column = columns_[selected];
    const BlockColumn &seen = block.columns[selected];
    const bool mixes = (column.has_numbers && seen.first_boolean >= 0) ||
                       (column.has_booleans && seen.first_number >= 0);
    if (mixes) {
      Problem problem(CA_MIXED, "");
      problem.row = std::max(seen.first_boolean, seen.first_number);
      problem.column = plan_.selections[selected].column + 1;
      fail(problem);
    }
    column.has_numbers = column.has_numbers || seen.first_number >= 0;
    column.has_booleans = column.has_booleans || seen.first_boolean >= 0;
    if (column.rounded_row == 0 && seen.first_rounded >= 0)
      column.rounded_row = rows_before_ + rows_read_ + seen.first_rounded + 1;
  }
}

void Table::append(Block &block) {
  if (block.problem) {
    for (size_t selected = 0; selected < columns_.size(); ++selected)
      if (plan_.selections[selected].column + 1 == block.problem->column && columns_[selected].has_numbers)
        block.problem->actual = std::max<int64_t>(block.problem->actual, block.problem->status == CA_TEXT ? 1 : 0);
    fail(*block.problem);
  }
  note(block);
  plan_.wide ? renumber<double>(block) : renumber<float>(block);
  reserve(rows_ + block.rows);
  const size_t row_size = static_cast<size_t>(width_) * plan_.scalar_size();
  if (block.rows > 0)
    std::memcpy(static_cast<uint8_t *>(values_.get()) + static_cast<size_t>(rows_) * row_size, block.values.get(),
                static_cast<size_t>(block.rows) * row_size);
  rows_ += block.rows;
  rows_read_ += block.rows_read;
  if (lines_before_) *lines_before_ += block.lines;
}

std::vector<int64_t> Table::codes_of(size_t selected, const Block &block) {
  Column &column = columns_[selected];
  std::vector<int64_t> codes;
  for (const auto &text : block.columns[selected].dictionary.texts()) {
    const auto known = static_cast<int64_t>(column.dictionary.texts().size());
    const int64_t code = column.dictionary.code(as_utf8(text));
    if (code >= known && column.is_fixed) {
      Problem problem(CA_UNKNOWN_CATEGORY, "");
      problem.column = plan_.selections[selected].column + 1;
      problem.text = text;
      problem.actual = code;
      throw problem;
    }
    codes.push_back(code);
  }
  if (static_cast<int64_t>(column.dictionary.texts().size()) > plan_.maximum_categories) {
    Problem problem(CA_TOO_MANY_CATEGORIES, "");
    problem.column = plan_.selections[selected].column + 1;
    problem.text = column.dictionary.texts().front();
    problem.actual = static_cast<int64_t>(column.dictionary.texts().size());
    throw problem;
  }
  return codes;
}

template <class Scalar>
void Table::renumber(Block &block) {
  auto *values = reinterpret_cast<Scalar *>(block.values.get());
  const int64_t width = plan_.width();
  for (size_t selected = 0; selected < columns_.size(); ++selected) {
    if (!columns_[selected].is_category) continue;
    const std::vector<int64_t> codes = codes_of(selected, block);
    for (int64_t row = 0; row < block.rows; ++row) {
      Scalar &value = values[row * width + static_cast<int64_t>(selected)];
      if (value == value) value = static_cast<Scalar>(codes[static_cast<size_t>(value)]);
    }
  }
}

template <class Scalar>
void Table::spread() {
  const int64_t narrow = plan_.width();
  std::vector<std::vector<int64_t>> places(columns_.size());
  width_ = 0;
  for (size_t selected = 0; selected < columns_.size(); ++selected) {
    Column &column = columns_[selected];
    column.categories = column.dictionary.texts();
    if (!column.is_fixed) std::sort(column.categories.begin(), column.categories.end());
    for (const auto &text : column.dictionary.texts())
      places[selected].push_back(std::find(column.categories.begin(), column.categories.end(), text) -
                                 column.categories.begin());
    width_ += column.is_category ? static_cast<int64_t>(column.categories.size()) : 1;
  }
  auto *wide = static_cast<Scalar *>(std::calloc(static_cast<size_t>(std::max<int64_t>(rows_ * width_, 1)), sizeof(Scalar)));
  if (!wide) throw std::bad_alloc();
  const auto *values = static_cast<const Scalar *>(values_.get());
  for (int64_t row = 0; row < rows_; ++row) {
    Scalar *out = wide + row * width_;
    for (size_t selected = 0; selected < columns_.size(); ++selected) {
      const Scalar value = values[row * narrow + static_cast<int64_t>(selected)];
      const size_t count = columns_[selected].is_category ? columns_[selected].categories.size() : 1;
      if (!columns_[selected].is_category) {
        *out = value;
      } else if (value == value) {
        out[places[selected][static_cast<size_t>(value)]] = 1;
      } else {
        std::fill_n(out, count, value);
      }
      out += count;
    }
  }
  values_.reset(wide);
}

void Table::finish() {
  if (std::any_of(columns_.begin(), columns_.end(), [](const Column &column) { return column.is_category; })) {
    plan_.wide ? spread<double>() : spread<float>();
    return;
  }
  const size_t size = static_cast<size_t>(rows_ * width_) * plan_.scalar_size();
  if (size == 0 || rows_ == capacity_) return;
  if (void *exact = std::realloc(values_.get(), size)) {
    (void)values_.release();
    values_.reset(exact);
  }
}

}  // namespace pushforward
