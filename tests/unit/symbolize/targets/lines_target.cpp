// Built into shared libraries whose lines the tests know by the marks below. Every function calls
// the test back from a marked line; the test looks at the return address of that call.
#define EXPORTED __attribute__((visibility("default")))
#define NO_INLINE __attribute__((noinline))
#define ALWAYS_INLINE __attribute__((always_inline)) inline
// Keeps the call before it from becoming a jump, and the function from being merged with its likes.
#define KEEP_FRAME asm volatile("# %0" ::"i"(__LINE__))

namespace target {

using Callback = void (*)(void *context);

ALWAYS_INLINE void innermost(Callback callback, void *context) {
  callback(context); // mark: innermost
  KEEP_FRAME;
}

ALWAYS_INLINE void middle(Callback callback, void *context) {
  innermost(callback, context); // mark: middle
}

EXPORTED NO_INLINE void exported(Callback callback, void *context) {
  callback(context); // mark: exported
  KEEP_FRAME;
}

namespace {

NO_INLINE void hidden(Callback callback, void *context) {
  callback(context); // mark: hidden
  KEEP_FRAME;
}

template <class T> struct Box {
  ALWAYS_INLINE void open(Callback callback, void *context) {
    callback(context); // mark: box
    KEEP_FRAME;
  }
};

} // namespace
} // namespace target

extern "C" {

EXPORTED void targetPlain(target::Callback callback, void *context) {
  callback(context); // mark: plain
  KEEP_FRAME;
}

EXPORTED void targetInlined(target::Callback callback, void *context) {
  target::middle(callback, context); // mark: outer
}

EXPORTED void targetExported(target::Callback callback, void *context) {
  target::exported(callback, context);
  KEEP_FRAME;
}

EXPORTED void targetHidden(target::Callback callback, void *context) {
  target::hidden(callback, context);
  KEEP_FRAME;
}

EXPORTED void targetBox(target::Callback callback, void *context) {
  target::Box<int>().open(callback, context); // mark: box caller
}

// The callback throws: nothing of this function follows the call.
[[noreturn]] EXPORTED void targetNoReturn(target::Callback callback, void *context) {
  callback(context); // mark: last call
  __builtin_unreachable();
}

} // extern "C"
