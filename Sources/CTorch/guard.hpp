// The one place where C++ exceptions become a status and a message.
#pragma once
#include "CTorchTypes.h"
#include <c10/util/Exception.h>
#include <cstring>
#include <new>

template <class Body> static int32_t guarded(char **message, Body &&body) noexcept {
  try {
    body();
    return CT_OK;
  } catch (const c10::OutOfMemoryError &error) {
    *message = strdup(error.what_without_backtrace());
    return CT_OUT_OF_MEMORY;
  } catch (const c10::Error &error) {
    *message = strdup(error.what_without_backtrace());
    return CT_ERROR;
  } catch (const std::bad_alloc &) {
    *message = strdup("out of memory");
    return CT_OUT_OF_MEMORY;
  } catch (const std::exception &error) {
    *message = strdup(error.what());
    return CT_ERROR;
  } catch (...) {
    *message = strdup("an exception of unknown type");
    return CT_UNKNOWN;
  }
}
