// Parquet, Arrow (Feather) and JSON lines: files that Arrow hands over as record batches.
#include <algorithm>

#include "arrow_headers.hpp"
#include "columns.hpp"
#include "source.hpp"

namespace pushforward {

namespace {

// Reads record batches whose columns are the selected ones.
class BatchSource : public Source {
 public:
  const std::vector<std::string> &names() const override { return names_; }

  void start(const Plan &plan) override {
    plan_ = plan;
    for (const auto &selection : plan.selections)
      check_type(*schema_->field(static_cast<int>(selection.column))->type(), selection);
    open();
  }

  bool next(Block &block) override {
    std::shared_ptr<arrow::RecordBatch> batch = read();
    if (!batch) return false;
    convert(plan_, *batch, block);
    return true;
  }

 protected:
  void set_schema(std::shared_ptr<arrow::Schema> schema) {
    schema_ = std::move(schema);
    for (const auto &field : schema_->fields()) names_.push_back(as_utf8(field->name()));
  }

  std::vector<int> selected_columns() const {
    std::vector<int> columns;
    for (const auto &selection : plan_.selections) columns.push_back(static_cast<int>(selection.column));
    return columns;
  }

  virtual void open() = 0;
  virtual std::shared_ptr<arrow::RecordBatch> read() = 0;

  std::shared_ptr<arrow::Schema> schema_;
  Plan plan_;

 private:
  std::vector<std::string> names_;
};

class ParquetSource final : public BatchSource {
 public:
  explicit ParquetSource(const std::string &path) {
    parquet::ArrowReaderProperties properties;
    properties.set_use_threads(true);
    properties.set_pre_buffer(false);  // it would hold the bytes of all row groups, and the file may exceed memory
    auto file = parquet::ParquetFileReader::Open(open_random_access(path));
    reader_ = take(parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(file), properties));
    std::shared_ptr<arrow::Schema> schema;
    check(reader_->GetSchema(&schema));
    set_schema(std::move(schema));
  }

 private:
  void open() override {
    // Parquet hands columns over in the file's order; they are put into ours batch by batch.
    std::vector<int> columns = selected_columns(), ordered = columns;
    std::sort(ordered.begin(), ordered.end());
    for (const int column : columns)
      order_.push_back(static_cast<int>(std::find(ordered.begin(), ordered.end(), column) - ordered.begin()));
    std::vector<int> groups(static_cast<size_t>(reader_->num_row_groups()));
    for (size_t group = 0; group < groups.size(); ++group) groups[group] = static_cast<int>(group);
    batches_ = take(reader_->GetRecordBatchReader(groups, leaves(ordered)));
  }

  // A field of nested type spans several leaves, which shifts the indices of the fields after it.
  std::vector<int> leaves(const std::vector<int> &fields) const {
    std::vector<int> first_leaf;
    int leaf = 0;
    for (const auto &field : schema_->fields()) {
      first_leaf.push_back(leaf);
      leaf += count_leaves(*field->type());
    }
    std::vector<int> result;
    for (const int field : fields) result.push_back(first_leaf[static_cast<size_t>(field)]);
    return result;
  }

  static int count_leaves(const arrow::DataType &type) {
    if (type.num_fields() == 0) return 1;
    int count = 0;
    for (const auto &field : type.fields()) count += count_leaves(*field->type());
    return count;
  }

  std::shared_ptr<arrow::RecordBatch> read() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    check(batches_->ReadNext(&batch));
    return batch ? take(batch->SelectColumns(order_)) : nullptr;
  }

  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  std::vector<int> order_;
};

class ArrowFileSource final : public BatchSource {
 public:
  explicit ArrowFileSource(const std::string &path) : path_(path) {
    file_ = open_random_access(path);
    const auto magic = take(file_->ReadAt(0, 6));
    is_stream_ = magic->ToString() != "ARROW1";
    check(file_->Seek(0));
    set_schema(is_stream_ ? take(arrow::ipc::RecordBatchStreamReader::Open(file_))->schema()
                          : take(arrow::ipc::RecordBatchFileReader::Open(file_))->schema());
  }

 private:
  void open() override {
    auto options = arrow::ipc::IpcReadOptions::Defaults();
    if (is_stream_) {
      check(file_->Seek(0));
      stream_ = take(arrow::ipc::RecordBatchStreamReader::Open(file_, options));
    } else {
      reader_ = take(arrow::ipc::RecordBatchFileReader::Open(file_, options));
    }
  }

  std::shared_ptr<arrow::RecordBatch> read() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (is_stream_) {
      check(stream_->ReadNext(&batch));
    } else if (index_ < reader_->num_record_batches()) {
      batch = take(reader_->ReadRecordBatch(index_++));
    }
    if (!batch) return nullptr;
    batch = take(batch->SelectColumns(selected_columns()));
    check(batch->ValidateFull());  // a damaged file may hold offsets that point outside its buffers
    return batch;
  }

  std::string path_;
  bool is_stream_ = false;
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader_;
  std::shared_ptr<arrow::RecordBatchReader> stream_;
  int index_ = 0;
};

class JSONLinesSource final : public BatchSource {
 public:
  explicit JSONLinesSource(const std::string &path) : path_(path) {
    const auto reader = make_reader(arrow::json::ParseOptions::Defaults());
    set_schema(reader->schema());
  }

  std::optional<int64_t> lines_before_data() const override { return 0; }

 private:
  // The first block may hold only whole numbers, or only missing ones, where fractions follow.
  void open() override {
    arrow::FieldVector fields;
    for (const auto &selection : plan_.selections) {
      auto field = schema_->field(static_cast<int>(selection.column));
      const auto id = field->type()->id();
      const bool is_number = id == arrow::Type::INT64 || id == arrow::Type::NA;
      fields.push_back(is_number ? field->WithType(arrow::float64()) : field);
    }
    auto options = arrow::json::ParseOptions::Defaults();
    options.explicit_schema = arrow::schema(fields);
    options.unexpected_field_behavior = arrow::json::UnexpectedFieldBehavior::Ignore;
    reader_ = make_reader(options);
  }

  std::shared_ptr<arrow::json::StreamingReader> make_reader(const arrow::json::ParseOptions &options) const {
    return take(arrow::json::StreamingReader::Make(open_stream(path_), arrow::json::ReadOptions::Defaults(), options));
  }

  std::shared_ptr<arrow::RecordBatch> read() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    check(reader_->ReadNext(&batch));
    if (batch) lines_ = batch->num_rows();
    return batch;
  }

  bool next(Block &block) override {
    if (!BatchSource::next(block)) return false;
    block.lines = lines_;
    if (block.problem) block.problem->line = block.problem->row + 1;
    return true;
  }

  std::string path_;
  int64_t lines_ = 0;
  std::shared_ptr<arrow::json::StreamingReader> reader_;
};

}  // namespace

std::unique_ptr<Source> open_arrow(const std::string &path, ca_format format) {
  if (format == CA_PARQUET) return std::make_unique<ParquetSource>(path);
  if (format == CA_ARROW_FILE) return std::make_unique<ArrowFileSource>(path);
  return std::make_unique<JSONLinesSource>(path);
}

}  // namespace pushforward
