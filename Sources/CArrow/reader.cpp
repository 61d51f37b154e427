// The reading half of the C interface.
#include <algorithm>
#include <memory>
#include <optional>

#include "source.hpp"
#include "table.hpp"

using namespace pushforward;

struct ca_reader {
  std::string path;
  ca_format format;
  TextOptions options;
  std::unique_ptr<Source> source;
  Plan plan;
  bool is_started = false;
  int64_t rows = 0;
  std::optional<int64_t> lines;

  void open() {
    check_format(path, format);
    source = format == CA_DELIMITED ? open_delimited(path, options) : open_arrow(path, format);
    is_started = false;
  }

  void start() {
    if (is_started) return;
    source->start(plan);
    is_started = true;
    rows = 0;
    lines = source->lines_before_data();
  }
};

struct ca_table {
  Table table;
};

namespace {

std::vector<std::string> strings(const char *const *texts, int64_t count) {
  return std::vector<std::string>(texts, texts + count);
}

Plan plan_of(const ca_selection *selections, int64_t count, const ca_read_options &options, const TextOptions &text) {
  Plan plan;
  for (int64_t selected = 0; selected < count; ++selected) {
    const ca_selection &given = selections[selected];
    Selection selection{given.column, static_cast<ca_treatment>(given.treatment), std::nullopt};
    if (given.categories) selection.categories = strings(given.categories, given.category_count);
    plan.selections.push_back(std::move(selection));
  }
  plan.wide = options.wide;
  plan.missing = static_cast<ca_missing>(options.missing);
  plan.maximum_categories = options.maximum_categories;
  for (const auto &missing : text.missing_texts) {
    plan.missing_texts.insert(missing);
    plan.longest_missing_text = std::max(plan.longest_missing_text, missing.size());
  }
  return plan;
}

// A column that turns out to hold text, and may be a category, is read again as one.
bool becomes_category(Plan &plan, const Problem &problem) {
  if (problem.status != CA_TEXT || problem.actual != 0) return false;
  for (auto &selection : plan.selections)
    if (selection.column + 1 == problem.column && selection.treatment == CA_CATEGORY_IF_TEXT) {
      selection.treatment = CA_CATEGORY;
      return true;
    }
  return false;
}

Table read_all(ca_reader &reader) {
  for (;;) {
    try {
      reader.start();
      Table table(reader.plan);
      table.start_at(0, reader.lines);
      for (Block block; reader.source->next(block); block = Block()) table.append(block);
      table.finish();
      return table;
    } catch (const Problem &problem) {
      if (!becomes_category(reader.plan, problem)) throw;
    }
    reader.open();
  }
}

}  // namespace

int32_t ca_reader_open(const char *path, int32_t format, const ca_text_options *options, ca_reader **reader,
                       ca_error *error) CA_NOEXCEPT {
  return guarded(error, [&] {
    auto opened = std::make_unique<ca_reader>();
    opened->path = path;
    opened->format = static_cast<ca_format>(format);
    opened->options.delimiter = options->delimiter;
    opened->options.header = static_cast<ca_header>(options->header);
    opened->options.missing_texts = strings(options->missing_texts, options->missing_text_count);
    opened->open();
    *reader = opened.release();
  });
}

void ca_reader_free(ca_reader *reader) CA_NOEXCEPT { delete reader; }

int64_t ca_reader_column_count(const ca_reader *reader) CA_NOEXCEPT {
  return static_cast<int64_t>(reader->source->names().size());
}

const char *ca_reader_column_name(const ca_reader *reader, int64_t column) CA_NOEXCEPT {
  return reader->source->names()[static_cast<size_t>(column)].c_str();
}

bool ca_reader_names_are_generated(const ca_reader *reader) CA_NOEXCEPT {
  return reader->source->names_are_generated();
}

int32_t ca_reader_select(ca_reader *reader, const ca_selection *selections, int64_t count,
                         const ca_read_options *options, ca_error *error) CA_NOEXCEPT {
  return guarded(error, [&] { reader->plan = plan_of(selections, count, *options, reader->options); });
}

int32_t ca_reader_read(ca_reader *reader, ca_table **table, ca_error *error) CA_NOEXCEPT {
  return guarded(error, [&] { *table = new ca_table{read_all(*reader)}; });
}

int32_t ca_reader_next(ca_reader *reader, ca_table **table, ca_error *error) CA_NOEXCEPT {
  return guarded(error, [&] {
    *table = nullptr;
    reader->start();
    Block block;
    if (!reader->source->next(block)) return;
    auto part = std::make_unique<ca_table>(Table(reader->plan));
    part->table.start_at(reader->rows, reader->lines);
    part->table.append(block);
    part->table.finish();
    reader->rows += part->table.rows_read();
    reader->lines = part->table.lines_before();
    *table = part.release();
  });
}

void ca_table_free(ca_table *table) CA_NOEXCEPT { delete table; }
int64_t ca_table_rows(const ca_table *table) CA_NOEXCEPT { return table->table.rows(); }
int64_t ca_table_columns(const ca_table *table) CA_NOEXCEPT { return table->table.columns(); }
int64_t ca_table_dropped(const ca_table *table) CA_NOEXCEPT { return table->table.dropped(); }

int64_t ca_table_category_count(const ca_table *table, int64_t selected) CA_NOEXCEPT {
  return static_cast<int64_t>(table->table.categories(static_cast<size_t>(selected)).size());
}

const char *ca_table_category(const ca_table *table, int64_t selected, int64_t category) CA_NOEXCEPT {
  return table->table.categories(static_cast<size_t>(selected))[static_cast<size_t>(category)].c_str();
}

int64_t ca_table_rounded_row(const ca_table *table, int64_t selected) CA_NOEXCEPT {
  return table->table.rounded_row(static_cast<size_t>(selected));
}

void *ca_table_take_values(ca_table *table) CA_NOEXCEPT { return table->table.take_values(); }
void ca_values_free(void *values) CA_NOEXCEPT { std::free(values); }
