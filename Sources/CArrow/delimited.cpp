// CSV and its relatives. Arrow splits rows and fields; the numbers go straight from the text into row-major blocks,
// several blocks at a time, so that no column is ever held a second time.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <deque>
#include <exception>
#include <limits>

#include "arrow_headers.hpp"
#include "chunks.hpp"
#include "source.hpp"

namespace pushforward {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool to_number(std::string_view text, double &value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return arrow::internal::StringToFloat(text.data(), text.size(), '.', &value);
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

// The cells of one column of a block, one after the other.
template <class Scalar>
struct ColumnVisitor {
  const Plan &plan;
  Filler<Scalar> &filler;
  BlockColumn &column;
  int64_t selected;
  int64_t row = 0;

  bool visit_text(std::string_view text) {
    if (plan.is_missing(text)) return filler.missing(selected, row, text);
    return filler.category(selected, row, text);
  }

  bool visit_number(std::string_view text) {
    double value;
    if (!to_number(text, value)) return visit_other(text);
    if (std::isnan(value)) return filler.missing(selected, row, text);
    if (column.first_number < 0) column.first_number = row;
    return filler.number(selected, row, value);
  }

  bool visit_other(std::string_view text) {
    if (plan.is_missing(text)) return filler.missing(selected, row, text);
    const bool is_true = equal_ignoring_case(text, "true");
    if (!is_true && !equal_ignoring_case(text, "false")) return filler.fail(CA_TEXT, selected, row, text);
    if (column.first_boolean < 0) column.first_boolean = row;
    return filler.number(selected, row, is_true ? 1 : 0);
  }

  void visit_all(const arrow::csv::BlockParser &parser) {
    const Selection &selection = plan.selections[static_cast<size_t>(selected)];
    const bool is_category = selection.treatment == CA_CATEGORY;
    // The status only stops the visit: what happened is in the block.
    (void)parser.VisitColumn(
        static_cast<int32_t>(selection.column), [&](const uint8_t *data, uint32_t size, bool, bool) -> arrow::Status {
          const auto text = trimmed({reinterpret_cast<const char *>(data), size});
          const bool accepted = is_category ? visit_text(text) : visit_number(text);
          ++row;
          return accepted ? arrow::Status::OK() : arrow::Status::Cancelled("");
        });
    if (column.first_number >= 0 && column.first_boolean >= 0)
      filler.fail(CA_MIXED, selected, std::max(column.first_number, column.first_boolean), "");
  }
};

template <class Scalar>
void convert(const Plan &plan, const arrow::csv::BlockParser &parser, Block &block) {
  Filler<Scalar> filler(plan, block, parser.num_rows());
  for (int64_t selected = 0; selected < plan.width(); ++selected)
    ColumnVisitor<Scalar>{plan, filler, block.columns[static_cast<size_t>(selected)], selected}.visit_all(parser);
  filler.finish();
}

void parse(const Plan &plan, arrow::csv::ParseOptions options, int32_t columns, std::string_view text, Block &block) {
  block.lines = count_lines(text);
  options.invalid_row_handler = [&](const arrow::csv::InvalidRow &row) {
    Problem problem(CA_RAGGED, "");
    problem.row = row.number - 1;
    problem.expected = row.expected_columns;
    problem.actual = row.actual_columns;
    problem.text = std::string(row.text.substr(0, 80));
    block.problem = std::move(problem);
    return arrow::csv::InvalidRowResult::Error;
  };
  arrow::csv::BlockParser parser(options, columns, 1, std::numeric_limits<int32_t>::max());
  uint32_t parsed = 0;
  const auto status = parser.ParseFinal(text, &parsed);
  if (!block.problem) {
    check(status);
    plan.wide ? convert<double>(plan, parser, block) : convert<float>(plan, parser, block);
  }
  if (block.problem) block.problem->line = line_of_row(text, block.problem->row);
}

class DelimitedSource final : public Source {
 public:
  DelimitedSource(const std::string &path, const TextOptions &options) : reader_(open_stream(path)) {
    const bool has_bytes = reader_.next(first_);
    if (first_.text().starts_with("\xef\xbb\xbf")) first_.begin += 3;
    if (!has_bytes || first_.text().find_first_not_of("\r\n") == std::string_view::npos)
      throw Problem(CA_EMPTY, path + " is empty");
    if (first_.text().find('\0') != std::string_view::npos) throw binary(path);
    parse_options_.delimiter = options.delimiter ? options.delimiter : guessed_delimiter();
    reader_.set_options(parse_options_);
    read_header(path, options.header);
    executor_ = arrow::internal::GetCpuThreadPool();
  }

  ~DelimitedSource() override {
    for (auto &future : running_) future.Wait();
  }

  const std::vector<std::string> &names() const override { return names_; }
  bool names_are_generated() const override { return generated_; }
  std::optional<int64_t> lines_before_data() const override { return lines_before_data_; }
  void start(const Plan &plan) override { plan_ = plan; }

  bool next(Block &block) override {
    while (!at_end_ && running_.size() < static_cast<size_t>(executor_->GetCapacity()) + 1) submit();
    if (running_.empty()) return false;
    auto future = std::move(running_.front());
    running_.pop_front();
    block = std::move(*take(future.result()));
    return true;
  }

 private:
  static Problem binary(const std::string &path) {
    Problem problem(CA_WRONG_FORMAT, path + " holds bytes that are no text");
    problem.text = "binary data (it holds zero bytes)";
    return problem;
  }

  char guessed_delimiter() const {
    const std::string_view line = first_.text().substr(0, first_.text().find_first_of("\r\n"));
    char best = ',';
    std::ptrdiff_t most = 0;
    for (const char candidate : {',', ';', '\t', '|'}) {
      bool quoted = false;
      std::ptrdiff_t count = 0;
      for (const char character : line) {
        if (character == '"') quoted = !quoted;
        if (character == candidate && !quoted) ++count;
      }
      if (count > most) best = candidate, most = count;
    }
    return best;
  }

  void read_header(const std::string &path, ca_header header) {
    const std::string_view text = first_.text();
    arrow::csv::BlockParser parser(parse_options_, -1, -1, 1);
    uint32_t parsed = 0;
    check(parser.ParseFinal(text, &parsed));
    if (parser.num_rows() == 0) throw Problem(CA_EMPTY, path + " holds nothing but blank lines");
    bool all_numbers = true;
    check(parser.VisitLastRow([&](const uint8_t *data, uint32_t size, bool, bool) {
      const auto cell = trimmed({reinterpret_cast<const char *>(data), size});
      double value;
      all_numbers = all_numbers && to_number(cell, value);
      names_.push_back(as_utf8(cell));
      return arrow::Status::OK();
    }));
    generated_ = header == CA_HEADER_ABSENT || (header == CA_HEADER_AUTOMATIC && all_numbers);
    for (size_t column = 0; column < names_.size(); ++column)
      if (generated_ || names_[column].empty()) names_[column] = "x" + std::to_string(column + 1);
    if (generated_) return;
    lines_before_data_ = count_lines(text.substr(0, parsed));
    first_.begin += parsed;
  }

  void submit() {
    auto chunk = std::make_shared<Chunk>(std::move(first_));
    if (!chunk->bytes && !reader_.next(*chunk)) {
      at_end_ = true;
      return;
    }
    auto work = [this, chunk]() -> std::shared_ptr<Block> {
      auto block = std::make_shared<Block>();
      try {
        parse(plan_, parse_options_, static_cast<int32_t>(names_.size()), chunk->text(), *block);
      } catch (const Problem &problem) {
        block->problem = problem;
      } catch (const std::bad_alloc &) {
        block->problem = Problem(CA_OUT_OF_MEMORY, "");
      } catch (const std::exception &exception) {
        block->problem = Problem(CA_INTERNAL, exception.what());
      }
      return block;
    };
    running_.push_back(take(executor_->Submit(std::move(work))));
  }

  ChunkReader reader_;
  Chunk first_;
  arrow::csv::ParseOptions parse_options_;
  std::vector<std::string> names_;
  bool generated_ = false;
  int64_t lines_before_data_ = 0;
  Plan plan_;
  arrow::internal::ThreadPool *executor_ = nullptr;
  std::deque<arrow::Future<std::shared_ptr<Block>>> running_;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<Source> open_delimited(const std::string &path, const TextOptions &options) {
  return std::make_unique<DelimitedSource>(path, options);
}

}  // namespace pushforward
