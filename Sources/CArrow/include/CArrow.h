// Tables in, tables out: the C interface over Apache Arrow. Only this target includes Arrow's headers.
//
// Rules of the interface:
// - every function that can fail returns a status (0: done) and fills `error`, which the caller owns and releases with
//   `ca_error_clear`; no C++ exception leaves a function;
// - handles are opaque; each `..._open` or `..._read` result is released by its own `..._free`, which takes NULL;
// - strings and arrays handed in are only read during the call; strings handed out belong to their handle.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
#define CA_NOEXCEPT noexcept
extern "C" {
#else
#define CA_NOEXCEPT
#endif

/// What went wrong. The order is part of the interface with Swift.
enum ca_status {
  CA_OK = 0,
  CA_NOT_FOUND,
  CA_IS_DIRECTORY,
  CA_NOT_PERMITTED,
  CA_INPUT_OUTPUT,
  CA_DISK_FULL,
  CA_EMPTY,                // no byte, or nothing but blank lines
  CA_WRONG_FORMAT,         // the content is of another kind than was asked for; `text` names what it looks like
  CA_CORRUPT,              // truncated or damaged
  CA_RAGGED,               // a row with `actual` fields where `expected` were announced
  CA_TEXT,                 // a cell that is no number; `actual` is 1 when numbers stood above it
  CA_MIXED,                // numbers and true/false in one column
  CA_MISSING,              // an empty or NA cell
  CA_NOT_FINITE,           // NaN, infinite, or too large for the chosen floating-point type
  CA_UNKNOWN_CATEGORY,     // a text that is not among the given categories
  CA_TOO_MANY_CATEGORIES,  // `actual` counts them
  CA_DATE,                 // a column of dates or times; `text` names the type
  CA_UNSUPPORTED,          // a column of a type that cannot become numbers; `text` names the type
  CA_OUT_OF_MEMORY,
  CA_INTERNAL,
};

/// One failure. Positions are 1-based, 0 when they do not apply; `column` counts the columns of the file.
typedef struct ca_error {
  int32_t status;
  int64_t row;       // data row
  int64_t line;      // line of a text file
  int64_t column;    // column of the file
  int64_t expected;
  int64_t actual;
  char *text;        // the offending cell, or a type's name
  char *message;
} ca_error;

/// Releases what `error` holds and resets it.
void ca_error_clear(ca_error *error) CA_NOEXCEPT;

/// Kinds of file.
enum ca_format { CA_DELIMITED = 0, CA_JSON_LINES, CA_PARQUET, CA_ARROW_FILE };

/// How a text file is written.
enum ca_header { CA_HEADER_AUTOMATIC = 0, CA_HEADER_PRESENT, CA_HEADER_ABSENT };

typedef struct ca_text_options {
  char delimiter;                    // 0: the most frequent of , ; tab | in the first line
  int32_t header;                    // ca_header
  const char *const *missing_texts;  // spellings of a missing value, beside the empty cell
  int64_t missing_text_count;
} ca_text_options;

/// How a column becomes numbers.
enum ca_treatment { CA_NUMBER = 0, CA_CATEGORY, CA_CATEGORY_IF_TEXT };

typedef struct ca_selection {
  int64_t column;  // 0-based in the file
  int32_t treatment;
  const char *const *categories;  // NULL: collect them
  int64_t category_count;
} ca_selection;

/// What happens to a row with a missing or non-finite value.
enum ca_missing { CA_REFUSE = 0, CA_DROP, CA_KEEP };

typedef struct ca_read_options {
  bool wide;  // 64-bit floats instead of 32-bit ones
  int32_t missing;
  int64_t maximum_categories;
} ca_read_options;

typedef struct ca_reader ca_reader;
typedef struct ca_table ca_table;

/// Opens `path`; its column names are known afterwards. Compression of text is recognised by the content.
int32_t ca_reader_open(const char *path, int32_t format, const ca_text_options *options, ca_reader **reader,
                       ca_error *error) CA_NOEXCEPT;
void ca_reader_free(ca_reader *reader) CA_NOEXCEPT;
int64_t ca_reader_column_count(const ca_reader *reader) CA_NOEXCEPT;
const char *ca_reader_column_name(const ca_reader *reader, int64_t column) CA_NOEXCEPT;
/// Whether the names were made up (x1, x2, ...) because the file has none.
bool ca_reader_names_are_generated(const ca_reader *reader) CA_NOEXCEPT;

/// Chooses columns and their order; call once, before reading.
int32_t ca_reader_select(ca_reader *reader, const ca_selection *selections, int64_t count,
                         const ca_read_options *options, ca_error *error) CA_NOEXCEPT;
/// Reads all rows.
int32_t ca_reader_read(ca_reader *reader, ca_table **table, ca_error *error) CA_NOEXCEPT;
/// Reads the next block of rows; NULL after the last. Categories must have been given.
int32_t ca_reader_next(ca_reader *reader, ca_table **table, ca_error *error) CA_NOEXCEPT;

void ca_table_free(ca_table *table) CA_NOEXCEPT;
int64_t ca_table_rows(const ca_table *table) CA_NOEXCEPT;
/// Width after one-hot encoding.
int64_t ca_table_columns(const ca_table *table) CA_NOEXCEPT;
int64_t ca_table_dropped(const ca_table *table) CA_NOEXCEPT;
/// Categories of the n-th selected column; 0 when it is a number.
int64_t ca_table_category_count(const ca_table *table, int64_t selected) CA_NOEXCEPT;
const char *ca_table_category(const ca_table *table, int64_t selected, int64_t category) CA_NOEXCEPT;
/// First row in which the n-th selected column holds an integer that the floating-point type rounds; 0: none.
int64_t ca_table_rounded_row(const ca_table *table, int64_t selected) CA_NOEXCEPT;
/// The row-major values, at most once: the caller owns them and releases them with `ca_values_free`.
void *ca_table_take_values(ca_table *table) CA_NOEXCEPT;
void ca_values_free(void *values) CA_NOEXCEPT;

/// Facts about one column of a row-major matrix.
typedef struct ca_column_facts {
  double minimum, maximum, mean, standard_deviation;
  int64_t not_finite;          // values left out of all the others
  bool is_integer;
  bool is_row_number;          // each value is the one above it plus 1
  int64_t distinct;            // among `examined` rows
  double most_repeated_value;
  double most_repeated_share;  // of the examined rows
  double smallest_gap;         // between neighbouring distinct values
  int64_t examined;
} ca_column_facts;

/// Fills `facts[columns]`; distinct values are counted on at most `sample` evenly spaced rows.
int32_t ca_inspect(const void *values, bool wide, int64_t rows, int64_t columns, int64_t sample,
                   ca_column_facts *facts, double *duplicate_row_share, ca_error *error) CA_NOEXCEPT;

/// Types of a column to write.
enum ca_output_type { CA_FLOAT32 = 0, CA_FLOAT64, CA_INT64, CA_STRING };

typedef struct ca_output_column {
  const char *name;
  int32_t type;
  const void *data;  // for CA_STRING an array of C strings, NULL for a missing one
  int64_t stride;    // elements from one row to the next
} ca_output_column;

typedef struct ca_writer ca_writer;

/// Opens a file beside `path` that takes its place in `ca_writer_commit`. Names and types are those of `columns`.
int32_t ca_writer_open(const char *path, int32_t format, char delimiter, bool gzip, const ca_output_column *columns,
                       int64_t count, ca_writer **writer, ca_error *error) CA_NOEXCEPT;
int32_t ca_writer_append(ca_writer *writer, const ca_output_column *columns, int64_t count, int64_t rows,
                         ca_error *error) CA_NOEXCEPT;
/// Puts the file on the disk under its name.
int32_t ca_writer_commit(ca_writer *writer, ca_error *error) CA_NOEXCEPT;
/// Releases the writer; without `ca_writer_commit` nothing is left on the disk.
void ca_writer_free(ca_writer *writer) CA_NOEXCEPT;

#ifdef __cplusplus
}
#endif
