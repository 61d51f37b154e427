#include "problem.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "arrow_headers.hpp"

namespace pushforward {

Problem problem_of_errno(int number, const std::string &what) {
  ca_status status = CA_INPUT_OUTPUT;
  if (number == ENOENT || number == ENOTDIR) status = CA_NOT_FOUND;
  if (number == EISDIR) status = CA_IS_DIRECTORY;
  if (number == EACCES || number == EPERM || number == EROFS) status = CA_NOT_PERMITTED;
  if (number == ENOSPC || number == EDQUOT || number == EFBIG) status = CA_DISK_FULL;
  return Problem(status, what + ": " + std::strerror(number));
}

Problem problem_of(const arrow::Status &status) {
  const std::string message = status.message();
  if (status.IsOutOfMemory()) return Problem(CA_OUT_OF_MEMORY, message);
  if (const int number = arrow::internal::ErrnoFromStatus(status)) return problem_of_errno(number, message);
  if (status.IsInvalid() || status.IsIOError() || status.IsSerializationError()) return Problem(CA_CORRUPT, message);
  if (status.IsNotImplemented() || status.IsTypeError()) return Problem(CA_UNSUPPORTED, message);
  return Problem(CA_INTERNAL, status.ToString());
}

static int32_t fill(ca_error *error, const Problem &problem) noexcept {
  ca_error_clear(error);
  error->status = problem.status;
  error->row = problem.row;
  error->line = problem.line;
  error->column = problem.column;
  error->expected = problem.expected;
  error->actual = problem.actual;
  error->text = strdup(problem.text.c_str());
  error->message = strdup(problem.message.c_str());
  return problem.status;
}

static int32_t report(ca_error *error) {
  try {
    throw;
  } catch (const Problem &problem) {
    return fill(error, problem);
  } catch (const parquet::ParquetStatusException &exception) {
    return fill(error, problem_of(exception.status()));
  } catch (const parquet::ParquetException &exception) {
    return fill(error, Problem(CA_CORRUPT, exception.what()));
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &exception) {
    return fill(error, Problem(CA_INTERNAL, exception.what()));
  }
}

int32_t report_current_exception(ca_error *error) noexcept {
  try {
    return report(error);
  } catch (...) {  // out of memory, here or while the message was written: allocate nothing more
    ca_error_clear(error);
    error->status = CA_OUT_OF_MEMORY;
    return CA_OUT_OF_MEMORY;
  }
}

}  // namespace pushforward

void ca_error_clear(ca_error *error) CA_NOEXCEPT {
  std::free(error->text);
  std::free(error->message);
  *error = ca_error{};
}
