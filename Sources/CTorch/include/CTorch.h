// The C interface over libtorch: the only way from Swift to it.
#pragma once
#include "CTorchOperations.h"
#include "CTorchTypes.h"

CT_BEGIN

// Ownership
void ct_release(CTTensor tensor) CT_NOEXCEPT;
void ct_free_message(char *message) CT_NOEXCEPT;
void ct_free_list(CTTensor *list) CT_NOEXCEPT;
/// The number of references handed out and not yet released; for tests of leaks.
int64_t ct_live_tensor_count(void) CT_NOEXCEPT;

// Values in and out
int32_t ct_from_buffer(const void *data, const ptrdiff_t *shape, ptrdiff_t rank, int8_t dtype, CTTensor *out,
                       char **message) CT_NOEXCEPT;
/// Takes over `data` without a copy; `release(context)` is called once, on any thread, when the last view is gone
/// (also when this call fails).
int32_t ct_adopt_buffer(void *data, const ptrdiff_t *shape, ptrdiff_t rank, int8_t dtype, void (*release)(void *),
                        void *context, CTTensor *out, char **message) CT_NOEXCEPT;
/// Copies the elements, row-major, into `destination`, which holds exactly `bytes`.
int32_t ct_copy_to_buffer(CTTensor tensor, void *destination, ptrdiff_t bytes, char **message) CT_NOEXCEPT;
int32_t ct_item(CTTensor tensor, CTScalar *out, char **message) CT_NOEXCEPT;
/// The address of the first element; valid while the tensor lives, on the CPU only.
void *ct_data(CTTensor tensor) CT_NOEXCEPT;
/// Tells the graph that a kernel wrote to the memory: what saved the tensor before can no longer use it.
void ct_mark_changed(CTTensor tensor) CT_NOEXCEPT;

// Properties; they cannot fail
ptrdiff_t ct_rank(CTTensor tensor) CT_NOEXCEPT;
ptrdiff_t ct_size(CTTensor tensor, ptrdiff_t dimension) CT_NOEXCEPT;
ptrdiff_t ct_element_count(CTTensor tensor) CT_NOEXCEPT;
int8_t ct_dtype(CTTensor tensor) CT_NOEXCEPT;
CTDevice ct_device(CTTensor tensor) CT_NOEXCEPT;
bool ct_requires_gradient(CTTensor tensor) CT_NOEXCEPT;
bool ct_is_leaf(CTTensor tensor) CT_NOEXCEPT;
bool ct_is_contiguous(CTTensor tensor) CT_NOEXCEPT;

// Automatic differentiation
int32_t ct_set_requires_gradient(CTTensor tensor, bool value, char **message) CT_NOEXCEPT;
/// `out[i]` is NULL where output does not depend on input i and `allow_unused` is set.
int32_t ct_gradients(const CTTensor *outputs, ptrdiff_t output_count, const CTTensor *inputs, ptrdiff_t input_count,
                     const CTTensor *output_gradients, bool retain_graph, bool create_graph, bool allow_unused,
                     CTTensor *out, char **message) CT_NOEXCEPT;
/// The gradient of a scalar by `whole`, to which those by leaves that are parts of its memory are added. `spare`, NULL at
/// first, becomes the same tensor again: its memory is written anew by the next call unless somebody else still has it.
int32_t ct_gradient_with_parts(CTTensor output, CTTensor whole, const CTTensor *parts, ptrdiff_t part_count,
                               CTTensor *spare, CTTensor *out, char **message) CT_NOEXCEPT;
/// Remembers on this thread where parameters lie side by side, and returns what was remembered.
const void *ct_exchange_parameter_buffer(const void *buffer) CT_NOEXCEPT;
/// `value` as a function of `input`, of which it has the element-wise derivative `derivative` (all of one shape).
int32_t ct_with_derivative(CTTensor value, CTTensor input, CTTensor derivative, CTTensor *out,
                           char **message) CT_NOEXCEPT;
/// Switches recording on this thread and returns what it was.
bool ct_set_gradient_recording(bool enabled) CT_NOEXCEPT;
bool ct_is_recording_gradients(void) CT_NOEXCEPT;
/// Says on this thread whether derivatives of derivatives will be wanted, and returns what was said before.
bool ct_set_higher_derivatives(bool wanted) CT_NOEXCEPT;
bool ct_wants_higher_derivatives(void) CT_NOEXCEPT;
/// What a kernel with a backward of its own computes: fills `input_gradients` (NULL where none is needed) from the memory
/// of the inputs, of further saved tensors behind them, and of the gradients of the outputs (NULL where there is none).
/// All are row-major, on the CPU. Returns 0, or something else when there is no memory.
typedef int32_t (*CTBackward)(const void *const *saved, const void *const *output_gradients, void *const *input_gradients,
                           const void *settings);
/// Makes `outputs`, new tensors that a kernel computed from `inputs`, remember how they came, when gradients are
/// recorded. `settings` (a copy of its bytes is kept) is handed to `backward`; `saved` may hold outputs.
int32_t ct_record_kernel(const CTTensor *outputs, ptrdiff_t output_count, const CTTensor *inputs, ptrdiff_t input_count,
                         const CTTensor *saved, ptrdiff_t saved_count, CTBackward backward, const void *settings,
                         ptrdiff_t settings_size, char **message) CT_NOEXCEPT;

// Machine
const char *ct_version(void) CT_NOEXCEPT;
void ct_set_thread_count(int32_t count) CT_NOEXCEPT;
int32_t ct_thread_count(void) CT_NOEXCEPT;
/// Calls `body(piece, context)` for each piece from 0 on, on libtorch's threads; returns when all are done.
void ct_parallel(ptrdiff_t pieces, void (*body)(ptrdiff_t piece, void *context), void *context) CT_NOEXCEPT;
/// Loads libtorch's CUDA library when it is there; *count is the number of usable devices.
int32_t ct_load_cuda(int32_t *count, char **message) CT_NOEXCEPT;
int32_t ct_cuda_memory(int8_t index, int64_t *allocated, int64_t *reserved, int64_t *peak, char **message) CT_NOEXCEPT;
int32_t ct_cuda_empty_cache(char **message) CT_NOEXCEPT;
int32_t ct_synchronize(CTDevice device, char **message) CT_NOEXCEPT;

CT_END
