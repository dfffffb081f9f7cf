#include "analyzers/rules/builtin_rules.h"

#include <array>

namespace hotloop {

// One line per rule; each is a function `Rule name()` in the folder of the rule.
#define HOTLOOP_BUILTIN_RULES(RULE)                                                                \
  RULE(hl104ExpertLoop)                                                                            \
  RULE(hl304PerParameterOptimizer)                                                                 \
  RULE(hl605UnfusedRouter)                                                                         \
  RULE(hl603ExpertProducts)                                                                        \
  RULE(hl604OnehotDispatch)                                                                        \
  RULE(hl506UnfusedAttention)                                                                      \
  RULE(hl701NeedlessCheckpoint)                                                                    \
  RULE(hl702CheckpointBoundary)                                                                    \
  RULE(hl101ScalarReadback)                                                                        \
  RULE(hl103DynamicShape)                                                                          \
  RULE(hl108TinyUploads)                                                                           \
  RULE(hl105PageableCopy)                                                                          \
  RULE(hl106SynchronousCopy)                                                                       \
  RULE(hl107BulkDownload)                                                                          \
  RULE(hl109DuplicateUpload)                                                                       \
  RULE(hl102ExplicitSync)                                                                          \
  RULE(hl110Polling)                                                                               \
  RULE(hl202CacheFlush)                                                                            \
  RULE(hl204PinnedAllocation)                                                                      \
  RULE(hl206HandleCreation)                                                                        \
  RULE(hl306GraphRebuild)                                                                          \
  RULE(hl307GraphWithoutGain)                                                                      \
  RULE(hl308LateLoading)                                                                           \
  RULE(hl207GrowingResult)                                                                         \
  RULE(hl203VaryingShape)                                                                          \
  RULE(hl205RedundantFill)                                                                         \
  RULE(hl201LoopAllocation)                                                                        \
  RULE(hl305SliceLoop)                                                                             \
  RULE(hl309InputPipeline)                                                                         \
  RULE(hl310PeriodicPause)                                                                         \
  RULE(hl311LockContention)                                                                        \
  RULE(hl402ExposedCopy)                                                                           \
  RULE(hl401DefaultStream)                                                                         \
  RULE(hl403StreamPingPong)                                                                        \
  RULE(hl405SmallCollectives)                                                                      \
  RULE(hl404BlockingCollective)                                                                    \
  RULE(hl406RankSkew)                                                                              \
  RULE(hl501Fp32Products)                                                                          \
  RULE(hl502CastChurn)                                                                             \
  RULE(hl503LayoutChurn)                                                                           \
  RULE(hl504MisalignedProduct)                                                                     \
  RULE(hl505SmallProduct)                                                                          \
  RULE(hl507WaveTail)                                                                              \
  RULE(hl303UnfusedPointwise)                                                                      \
  RULE(hl601ExpertImbalance)                                                                       \
  RULE(hl602CapacityPadding)                                                                       \
  RULE(hl703FreeMemory)                                                                            \
  RULE(hl704IdleMemory)                                                                            \
  RULE(hl302UngraphedSequence)                                                                     \
  RULE(hl301LaunchBound)

#define HOTLOOP_DECLARE_RULE(name) Rule name();
HOTLOOP_BUILTIN_RULES(HOTLOOP_DECLARE_RULE)
#undef HOTLOOP_DECLARE_RULE

std::span<const Rule> builtinRules() {
#define HOTLOOP_LIST_RULE(name) name(),
  static const auto rules = std::to_array<Rule>({HOTLOOP_BUILTIN_RULES(HOTLOOP_LIST_RULE)});
#undef HOTLOOP_LIST_RULE
  return rules;
}

} // namespace hotloop
