#pragma once

#include "core/trace/tables/all_tables.h"

namespace hotloop {

// Implements every add() of a sink by one template of the derived class:
//   class MySink : public EachTable<MySink, TraceSink> { template <class Table> void addRow(const
//   RowOf<Table> &row); ... }
template <class Derived, class Base, class... Tables> class EachTableOf;

template <class Derived, class Base> class EachTableOf<Derived, Base> : public Base {
public:
  using Base::add;
};

template <class Derived, class Base, class Table, class... Rest>
class EachTableOf<Derived, Base, Table, Rest...> : public EachTableOf<Derived, Base, Rest...> {
public:
  using EachTableOf<Derived, Base, Rest...>::add;
  void add(const RowOf<Table> &row) final {
    static_cast<Derived *>(this)->template addRow<Table>(row);
  }
};

template <class Derived, class Base, class List> struct EachTableIn;
template <class Derived, class Base, class... Tables>
struct EachTableIn<Derived, Base, TableList<Tables...>> {
  using Type = EachTableOf<Derived, Base, Tables...>;
};

template <class Derived, class Base>
using EachTable = typename EachTableIn<Derived, Base, AllTables>::Type;

} // namespace hotloop
