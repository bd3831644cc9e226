"""PLACE in plain PyTorch: layouts, layout control maps, fusion, α and PLMS. Knows no host.

Data flows one way: image → :mod:`layout` → :mod:`lcm`, and text → :mod:`tokens`; both meet in
:mod:`bound_layout`, which :mod:`fusion` reads, with α of :mod:`alpha`.
"""
