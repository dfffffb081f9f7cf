#include "gui/widgets/latest_job.h"

#include <QCoreApplication>
#include <QTimer>

#include "gui/widgets/background.h"

namespace hotloop::gui {
namespace {

constexpr int kSlowMilliseconds = 100; // sooner it would only flicker

} // namespace

LatestJob::LatestJob(QObject *owner, bool immediate) : QObject(owner), immediate_(immediate) {}

LatestJob::~LatestJob() { drop(); }

void LatestJob::drop() {
  stop_.request_stop();
  stop_ = std::stop_source();
  busy_ = false;
}

void LatestJob::begin() {
  busy_ = true;
  QTimer::singleShot(kSlowMilliseconds, this, [this, token = stop_.get_token()] {
    if (busy_ && !token.stop_requested() && slow) slow();
  });
}

void LatestJob::onPool(std::function<void()> work) { inBackground(std::move(work)); }

void LatestJob::onWindow(std::function<void()> work) {
  QMetaObject::invokeMethod(qApp, std::move(work));
}

} // namespace hotloop::gui
