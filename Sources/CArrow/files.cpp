// Opening files: what is there, what it looks like, how it is compressed.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "arrow_headers.hpp"
#include "source.hpp"

namespace pushforward {

namespace {

struct Descriptor {
  int number;
  explicit Descriptor(const std::string &path) : number(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (number < 0) throw problem_of_errno(errno, path);
  }
  ~Descriptor() { close(number); }
  Descriptor(const Descriptor &) = delete;
};

// The first bytes, or nothing for a pipe: they can be read only once there.
std::string first_bytes(const std::string &path) {
  struct stat facts = {};
  if (stat(path.c_str(), &facts) != 0) throw problem_of_errno(errno, path);
  if (S_ISDIR(facts.st_mode)) throw problem_of_errno(EISDIR, path);
  if (!S_ISREG(facts.st_mode)) return "";
  Descriptor file(path);
  if (facts.st_size == 0) throw Problem(CA_EMPTY, path + " has zero bytes");
  char bytes[8] = {};
  const ssize_t count = pread(file.number, bytes, sizeof bytes, 0);
  if (count < 0) throw problem_of_errno(errno, path);
  return std::string(bytes, static_cast<size_t>(count));
}

// Bytes of a pipe, which can be neither sought nor measured.
class PipeStream final : public arrow::io::InputStream {
 public:
  explicit PipeStream(const std::string &path) : file_(path) {}
  ~PipeStream() override = default;

  arrow::Status Close() override {
    is_closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return is_closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }

  arrow::Result<int64_t> Read(int64_t count, void *out) override {
    for (;;) {
      const ssize_t read = ::read(file_.number, out, static_cast<size_t>(count));
      if (read < 0 && errno == EINTR) continue;
      if (read < 0) return arrow::Status::IOError(std::strerror(errno));
      position_ += read;
      return read;
    }
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t count) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(count));
    ARROW_ASSIGN_OR_RAISE(const int64_t read, Read(count, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(read));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }

 private:
  Descriptor file_;
  int64_t position_ = 0;
  bool is_closed_ = false;
};

struct Signature {
  std::string_view bytes;
  const char *name;
};

constexpr Signature containers[] = {
    {"PAR1", "Parquet"},
    {"ARROW1", "Arrow (Feather)"},
    {"FEA1", "Feather version 1"},
    {"PK\x03\x04", "a zip archive or a spreadsheet (.xlsx, .ods)"},
    {"\xd0\xcf\x11\xe0", "an old spreadsheet (.xls)"},
    {"\x93NUMPY", "NumPy (.npy)"},
    {"\x89HDF", "HDF5"},
    {"\xff\xfe", "UTF-16 text"},
    {"\xfe\xff", "UTF-16 text"},
    {"SQLite f", "an SQLite database"},
    {"%PDF", "PDF"},
};

struct Compression {
  std::string_view bytes;
  arrow::Compression::type type;
};

constexpr Compression compressions[] = {
    {"\x1f\x8b", arrow::Compression::GZIP},
    {"BZh", arrow::Compression::BZ2},
    {"\x28\xb5\x2f\xfd", arrow::Compression::ZSTD},
    {"\x04\x22\x4d\x18", arrow::Compression::LZ4_FRAME},
};

const Compression *compression_of(const std::string &first) {
  for (const auto &compression : compressions)
    if (first.starts_with(compression.bytes)) return &compression;
  return nullptr;
}

Problem wrong_format(const std::string &path, const std::string &looks_like) {
  Problem problem(CA_WRONG_FORMAT, path + " looks like " + looks_like);
  problem.text = looks_like;
  return problem;
}

}  // namespace

void check_format(const std::string &path, ca_format format) {
  const std::string first = first_bytes(path);
  if (first.empty()) return;
  const bool is_text = format == CA_DELIMITED || format == CA_JSON_LINES;
  const std::string_view expected = format == CA_PARQUET ? "PAR1" : "ARROW1";
  if (!is_text && first.starts_with(expected)) return;
  for (const auto &signature : containers)
    if (first.starts_with(signature.bytes)) throw wrong_format(path, signature.name);
  if (is_text) return;
  if (format == CA_ARROW_FILE && first.starts_with("\xff\xff\xff\xff")) return;  // the streaming form
  if (compression_of(first)) throw wrong_format(path, "a compressed file");
  throw wrong_format(path, "something else (its first bytes are not those of this format)");
}

std::shared_ptr<arrow::io::InputStream> open_stream(const std::string &path) {
  const std::string first = first_bytes(path);
  if (first.empty()) return std::make_shared<PipeStream>(path);
  std::shared_ptr<arrow::io::InputStream> raw = take(arrow::io::ReadableFile::Open(path));
  const Compression *compression = compression_of(first);
  if (!compression) return raw;
  // The stream uses the codec for as long as it lives, so they are kept together.
  struct Decompressed {
    std::unique_ptr<arrow::util::Codec> codec;
    std::shared_ptr<arrow::io::CompressedInputStream> stream;
  };
  auto both = std::make_shared<Decompressed>();
  both->codec = take(arrow::util::Codec::Create(compression->type));
  both->stream = take(arrow::io::CompressedInputStream::Make(both->codec.get(), raw));
  return {both, both->stream.get()};
}

std::shared_ptr<arrow::io::RandomAccessFile> open_random_access(const std::string &path) {
  return take(arrow::io::ReadableFile::Open(path));
}

std::string as_utf8(std::string_view text) {
  const auto *bytes = reinterpret_cast<const unsigned char *>(text.data());
  size_t at = 0;
  bool valid = true;
  while (at < text.size() && valid) {
    const unsigned char lead = bytes[at++];
    const int following = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2
                          : lead >= 0xf0 && lead < 0xf5                 ? 3
                                                                        : -1;
    valid = following >= 0 && at + following <= text.size();
    for (int byte = 0; valid && byte < following; ++byte) valid = (bytes[at++] & 0xc0) == 0x80;
  }
  if (valid) return std::string(text);
  std::string result;
  for (const unsigned char byte : text) {
    if (byte < 0x80) {
      result.push_back(static_cast<char>(byte));
    } else {
      result.push_back(static_cast<char>(0xc0 | (byte >> 6)));
      result.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
    }
  }
  return result;
}

}  // namespace pushforward
