#include "columns.hpp"

#include <algorithm>
#include <cstdlib>

namespace pushforward {

namespace {

const arrow::DataType &value_type(const arrow::DataType &type) {
  if (type.id() != arrow::Type::DICTIONARY) return type;
  return *static_cast<const arrow::DictionaryType &>(type).value_type();
}

bool is_text(const arrow::DataType &type) {
  switch (type.id()) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW: return true;
    default: return false;
  }
}

bool holds_decimals(const arrow::DataType &type) {
  return type.id() == arrow::Type::DECIMAL128 || type.id() == arrow::Type::DECIMAL256;
}

template <class Scalar>
class ColumnConverter {
 public:
  ColumnConverter(const Plan &plan, Filler<Scalar> &filler, Block &block, int64_t selected)
      : plan_(plan), filler_(filler), block_(block), selected_(selected) {}

  void convert(const arrow::Array &array) {
    const arrow::DataType &type = *array.type();
    if (type.id() == arrow::Type::DICTIONARY) return convert_dictionary(array);
    if (is_text(type)) return convert_text(array);
    if (plan_.selections[static_cast<size_t>(selected_)].treatment == CA_CATEGORY) return convert_as_text(array);
    switch (type.id()) {
      case arrow::Type::DOUBLE: return numbers<arrow::DoubleArray>(array);
      case arrow::Type::FLOAT: return numbers<arrow::FloatArray>(array);
      case arrow::Type::INT64: return numbers<arrow::Int64Array>(array);
      case arrow::Type::INT32: return numbers<arrow::Int32Array>(array);
      case arrow::Type::INT16: return numbers<arrow::Int16Array>(array);
      case arrow::Type::INT8: return numbers<arrow::Int8Array>(array);
      case arrow::Type::UINT64: return numbers<arrow::UInt64Array>(array);
      case arrow::Type::UINT32: return numbers<arrow::UInt32Array>(array);
      case arrow::Type::UINT16: return numbers<arrow::UInt16Array>(array);
      case arrow::Type::UINT8: return numbers<arrow::UInt8Array>(array);
      case arrow::Type::BOOL: return numbers<arrow::BooleanArray>(array);
      case arrow::Type::HALF_FLOAT: return halves(array);
      default: return scalars(array);
    }
  }

 private:
  template <class Value>
  void each(const arrow::Array &array, Value &&value) {
    for (int64_t row = 0; row < array.length(); ++row) {
      const bool accepted = array.IsNull(row) ? filler_.missing(selected_, row, "") : value(row);
      if (!accepted) return;
    }
  }

  template <class ArrayType>
  void numbers(const arrow::Array &array) {
    const auto &typed = static_cast<const ArrayType &>(array);
    each(array, [&](int64_t row) { return filler_.number(selected_, row, static_cast<double>(typed.Value(row))); });
  }

  void halves(const arrow::Array &array) {
    const auto &typed = static_cast<const arrow::HalfFloatArray &>(array);
    each(array, [&](int64_t row) {
      return filler_.number(selected_, row, arrow::util::Float16::FromBits(typed.Value(row)).ToDouble());
    });
  }

  // Rare types: decimals, and columns that hold nothing.
  void scalars(const arrow::Array &array) {
    each(array, [&](int64_t row) {
      const std::string text = take(array.GetScalar(row))->ToString();
      return filler_.number(selected_, row, std::strtod(text.c_str(), nullptr));
    });
  }

  bool text_cell(int64_t row, std::string_view text) {
    if (plan_.is_missing(text)) return filler_.missing(selected_, row, text);
    if (plan_.selections[static_cast<size_t>(selected_)].treatment == CA_CATEGORY)
      return filler_.category(selected_, row, text);
    return filler_.fail(CA_TEXT, selected_, row, text);
  }

  std::string_view text_at(const arrow::Array &array, int64_t row) const {
    switch (array.type_id()) {
      case arrow::Type::STRING: return static_cast<const arrow::StringArray &>(array).GetView(row);
      case arrow::Type::LARGE_STRING: return static_cast<const arrow::LargeStringArray &>(array).GetView(row);
      default: return static_cast<const arrow::StringViewArray &>(array).GetView(row);
    }
  }

  void convert_text(const arrow::Array &array) {
    each(array, [&](int64_t row) { return text_cell(row, text_at(array, row)); });
  }

  void convert_as_text(const arrow::Array &array) {
    each(array, [&](int64_t row) { return text_cell(row, take(array.GetScalar(row))->ToString()); });
  }

  void convert_dictionary(const arrow::Array &array) {
    const auto &encoded = static_cast<const arrow::DictionaryArray &>(array);
    const arrow::Array &values = *encoded.dictionary();
    each(array, [&](int64_t row) {
      const int64_t code = encoded.GetValueIndex(row);
      if (values.IsNull(code)) return filler_.missing(selected_, row, "");
      if (is_text(*values.type())) return text_cell(row, text_at(values, code));
      const std::string text = take(values.GetScalar(code))->ToString();
      if (plan_.selections[static_cast<size_t>(selected_)].treatment == CA_CATEGORY) return text_cell(row, text);
      return filler_.number(selected_, row, std::strtod(text.c_str(), nullptr));
    });
  }

  const Plan &plan_;
  Filler<Scalar> &filler_;
  Block &block_;
  int64_t selected_;
};

template <class Scalar>
void convert_all(const Plan &plan, const arrow::RecordBatch &batch, Block &block) {
  Filler<Scalar> filler(plan, block, batch.num_rows());
  for (int64_t selected = 0; selected < plan.width(); ++selected)
    ColumnConverter<Scalar>(plan, filler, block, selected).convert(*batch.column(static_cast<int>(selected)));
  filler.finish();
}

}  // namespace

void check_type(const arrow::DataType &type, const Selection &selection) {
  const arrow::DataType &held = value_type(type);
  if (is_text(held)) return;  // refused with an example when it is met as a number
  if (arrow::is_primitive(held.id()) && !arrow::is_temporal(held.id()) && !arrow::is_interval(held.id())) return;
  if (holds_decimals(held) || held.id() == arrow::Type::NA) return;
  Problem problem(arrow::is_temporal(held.id()) ? CA_DATE : CA_UNSUPPORTED, "");
  problem.column = selection.column + 1;
  problem.text = type.ToString();
  throw problem;
}

void convert(const Plan &plan, const arrow::RecordBatch &batch, Block &block) {
  plan.wide ? convert_all<double>(plan, batch, block) : convert_all<float>(plan, batch, block);
}

}  // namespace pushforward
