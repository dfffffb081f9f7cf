#include "gui/app/session_file.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QStandardPaths>

namespace hotloop::gui {
namespace {

constexpr int kVersion = 1;
constexpr qint64 kMostBytes = 4 << 20;

QStringList candidates(const std::string &run) {
  const QString path = QString::fromLocal8Bit(run.c_str());
  const QByteArray whole = QFileInfo(path).absoluteFilePath().toUtf8();
  const QString name = QString::fromLatin1(
      QCryptographicHash::hash(whole, QCryptographicHash::Sha1).toHex().left(16));
  return {path + QStringLiteral(".hlview"),
          QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) +
              QStringLiteral("/hotloop/views/") + name + QStringLiteral(".hlview")};
}

} // namespace

bool writeSession(const std::string &run, const Session &session) {
  QJsonObject json;
  json["version"] = kVersion;
  json["layout"] = QString::fromLatin1(session.layout.toBase64());
  json["page"] = QString::fromStdString(session.page);
  QJsonObject pages;
  for (const auto &[id, state] : session.pages) pages[QString::fromStdString(id)] = state;
  json["pages"] = pages;
  const QByteArray bytes = QJsonDocument(json).toJson();
  for (const QString &path : candidates(run)) {
    QDir().mkpath(QFileInfo(path).path());
    QSaveFile file(path); // whole or not at all
    if (file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit())
      return true;
  }
  return false;
}

std::optional<Session> readSession(const std::string &run) {
  for (const QString &path : candidates(run)) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) continue;
    const QJsonObject json = QJsonDocument::fromJson(file.read(kMostBytes)).object();
    if (json["version"].toInt() != kVersion) continue;
    Session session;
    session.layout = QByteArray::fromBase64(json["layout"].toString().toLatin1());
    session.page = json["page"].toString().toStdString();
    const QJsonObject pages = json["pages"].toObject();
    for (auto it = pages.begin(); it != pages.end(); ++it)
      session.pages[it.key().toStdString()] = it.value().toString();
    return session;
  }
  return std::nullopt;
}

} // namespace hotloop::gui
