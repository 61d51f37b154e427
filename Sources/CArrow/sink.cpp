#include "sink.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace pushforward {

namespace {

std::string folder_of(const std::string &path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// A link keeps its place: the file that it points to is the one replaced.
std::string resolved(const std::string &path) {
  char *target = realpath(path.c_str(), nullptr);
  if (!target) return path;
  std::string result(target);
  std::free(target);
  return result;
}

std::string temporary_beside(const std::string &path) {
  static std::atomic<int> counter = 0;
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return folder_of(path) + "/." + name + "." + std::to_string(getpid()) + "-" + std::to_string(counter++) + ".tmp";
}

}  // namespace

// Delegates, so that the destructor runs when something fails after the file was created.
AtomicFile::AtomicFile(const std::string &path) : AtomicFile(resolved(path), Undecided{}) {
  struct stat facts = {};
  mode_t mode = 0666;
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  if (stat(path_.c_str(), &facts) == 0) {
    if (S_ISDIR(facts.st_mode)) throw problem_of_errno(EISDIR, path);
    if (access(path_.c_str(), W_OK) != 0) throw problem_of_errno(errno, path);
    mode = facts.st_mode & 0777;
    is_replaced_ = S_ISREG(facts.st_mode);
  }
  if (is_replaced_) {
    temporary_path_ = temporary_beside(path_);
  } else {
    flags = O_WRONLY | O_CLOEXEC;  // a pipe or a device is written to as it stands
  }
  const int descriptor = open((is_replaced_ ? temporary_path_ : path_).c_str(), flags, mode);
  if (descriptor < 0) throw problem_of_errno(errno, path);
  is_created_ = is_replaced_;
  // Arrow's stream owns its descriptor; this one stays for fsync after the stream is closed.
  descriptor_ = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  stream_ = take(arrow::io::BufferedOutputStream::Create(
      int64_t{1} << 20, arrow::default_memory_pool(), take(arrow::io::FileOutputStream::Open(descriptor))));
}

AtomicFile::~AtomicFile() {
  if (stream_ && !stream_->closed()) (void)stream_->Abort();
  if (descriptor_ >= 0) close(descriptor_);
  if (is_created_) unlink(temporary_path_.c_str());
}

void AtomicFile::commit() {
  if (!stream_->closed()) check(stream_->Close());
  if (!is_replaced_) return;
  if (fsync(descriptor_) != 0) throw problem_of_errno(errno, path_);
  if (std::rename(temporary_path_.c_str(), path_.c_str()) != 0) throw problem_of_errno(errno, path_);
  is_created_ = false;
  const int folder = open(folder_of(path_).c_str(), O_RDONLY | O_CLOEXEC);
  if (folder < 0) return;
  (void)fsync(folder);  // some file systems refuse this for a folder; the file itself is safe
  close(folder);
}

}  // namespace pushforward
