// Parquet and Arrow (Feather) files, written in batches of rows.
#include <algorithm>

#include "sink.hpp"

namespace pushforward {

namespace {

std::shared_ptr<arrow::DataType> type_of(int32_t type) {
  switch (type) {
    case CA_FLOAT32: return arrow::float32();
    case CA_FLOAT64: return arrow::float64();
    case CA_INT64: return arrow::int64();
    default: return arrow::utf8();
  }
}

template <class Builder, class Value>
std::shared_ptr<arrow::Array> numbers(const ca_output_column &column, int64_t begin, int64_t end) {
  Builder builder;
  check(builder.Reserve(end - begin));
  const auto *data = static_cast<const Value *>(column.data);
  for (int64_t row = begin; row < end; ++row) builder.UnsafeAppend(data[row * column.stride]);
  return take(builder.Finish());
}

std::shared_ptr<arrow::Array> texts(const ca_output_column &column, int64_t begin, int64_t end) {
  arrow::StringBuilder builder;
  const auto *data = static_cast<const char *const *>(column.data);
  for (int64_t row = begin; row < end; ++row) {
    const char *text = data[row * column.stride];
    check(text ? builder.Append(text) : builder.AppendNull());
  }
  return take(builder.Finish());
}

std::shared_ptr<arrow::Array> array_of(const ca_output_column &column, int64_t begin, int64_t end) {
  switch (column.type) {
    case CA_FLOAT32: return numbers<arrow::FloatBuilder, float>(column, begin, end);
    case CA_FLOAT64: return numbers<arrow::DoubleBuilder, double>(column, begin, end);
    case CA_INT64: return numbers<arrow::Int64Builder, int64_t>(column, begin, end);
    default: return texts(column, begin, end);
  }
}

class ArrowSink final : public Sink {
 public:
  ArrowSink(std::shared_ptr<arrow::io::OutputStream> stream, ca_format format, const ca_output_column *columns,
            int64_t count) {
    arrow::FieldVector fields;
    for (int64_t column = 0; column < count; ++column)
      fields.push_back(arrow::field(columns[column].name, type_of(columns[column].type)));
    schema_ = arrow::schema(fields);
    if (format == CA_PARQUET) {
      auto properties = parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
      parquet_ = take(parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), stream, properties));
    } else {
      auto options = arrow::ipc::IpcWriteOptions::Defaults();
      options.codec = take(arrow::util::Codec::Create(arrow::Compression::LZ4_FRAME));
      file_ = take(arrow::ipc::MakeFileWriter(stream, schema_, options));
    }
  }

  void append(const ca_output_column *columns, int64_t count, int64_t rows) override {
    for (int64_t begin = 0; begin < rows; begin += batch_rows) {
      const int64_t end = std::min(rows, begin + batch_rows);
      arrow::ArrayVector arrays;
      for (int64_t column = 0; column < count; ++column) arrays.push_back(array_of(columns[column], begin, end));
      const auto batch = arrow::RecordBatch::Make(schema_, end - begin, std::move(arrays));
      check(parquet_ ? parquet_->WriteRecordBatch(*batch) : file_->WriteRecordBatch(*batch));
    }
  }

  void finish() override { check(parquet_ ? parquet_->Close() : file_->Close()); }

 private:
  static constexpr int64_t batch_rows = int64_t{1} << 16;

  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<parquet::arrow::FileWriter> parquet_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> file_;
};

}  // namespace

std::unique_ptr<Sink> arrow_sink(std::shared_ptr<arrow::io::OutputStream> stream, ca_format format,
                                 const ca_output_column *columns, int64_t count) {
  return std::make_unique<ArrowSink>(std::move(stream), format, columns, count);
}

}  // namespace pushforward
