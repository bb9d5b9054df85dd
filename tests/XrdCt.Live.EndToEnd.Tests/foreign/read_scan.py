"""What a result file holds, as JSON: h5py and numpy only."""
import argparse
import json

import h5py
import numpy

p = argparse.ArgumentParser()
p.add_argument("file")
p.add_argument("--mean", action="store_true", help="the mean pattern, all bins")
p.add_argument("--patterns", action="store_true", help="(h5 of xrdct integrate) the patterns")
p.add_argument("--compare", help="a clean scan: compare every measured cell bit by bit")
p.add_argument("--truth", help=".npy to correlate a slice with")
p.add_argument("--channel", help="live channel of that slice")
args = p.parse_args()


def plain(values):
    return [None if numpy.isnan(v) else float(v) for v in numpy.asarray(values, dtype=float)]


def correlation(a, b):
    ok = numpy.isfinite(a) & numpy.isfinite(b)
    return float(numpy.corrcoef(a[ok], b[ok])[0, 1])


seen = {}
with h5py.File(args.file, "r") as f:
    e = f["entry"]
    if args.patterns:
        d = e["data"]
        seen = {"x": plain(d["x"]), "intensity": [plain(r) for r in d["intensity"]], "count": d["count"][()].tolist()}
    else:
        intensity = e["data/intensity"][()]
        coverage = e["data/coverage"][()]
        empty = numpy.isnan(intensity).all(axis=2)
        seen = {
            "ending": e["ending"].asstr()[()],
            "shape": list(intensity.shape),
            "covered": int(coverage.sum()),
            "uncovered": numpy.argwhere(coverage == 0).tolist(),
            "nan_where_uncovered": bool((empty == (coverage == 0)).all()),
            "slice": [int(e[f"scan_plan/slice_{k}"][()]) for k in ("number", "count")] if "slice_number" in e["scan_plan"] else None,
            "z": [float(e["sample/z_translation"][()]), e["sample/z_translation"].attrs["units"]] if "z_translation" in e["sample"] else None,
            "step_um": float(e["scan_plan/step"][()]),
            "stage": {
                "order": e["scan_plan/order"].asstr()[()],
                **{k: e["stage"][k].asstr()[()] for k in ("configured_order", "direction_of_data", "remark")},
                **{k: plain(numpy.atleast_1d(e["stage"][k][()]))[0] for k in ("line_shift", "line_shift_applied")},
            },
            "axis": {k: plain(numpy.atleast_1d(e["centre_of_rotation"][k][()]))[0] for k in ("offset", "offset_errors", "offset_applied")},
            "counters": {k: int(v[()]) for k, v in e["counters"].items()},
            "source": e["instrument/name"].asstr()[()],
            "unit": e["mean_pattern/x"].attrs["units"],
            "configuration": e["process/configuration/data"].asstr()[()],
            "detector": e["instrument/detector/description"].asstr()[()],
        }
        if "reconstruction" in e:
            r = e["reconstruction"]
            seen["reconstruction"] = {
                "filter": r["filter"].asstr()[()], "air_asked": int(r["air_asked"][()]), "axis_set_by_operator": int(r["axis_set_by_operator"][()])}
        seen["unmatched"] = e["readings/unmatched_frames"][()].tolist() if "readings" in e else []
        monitor = e["control/data"][()]
        seen["monitor"] = [float(numpy.nanmin(monitor)), float(numpy.nanmax(monitor))] if numpy.isfinite(monitor).any() else []
        seen["total_empty"] = int(numpy.isnan(e["live/total/sinogram"][()]).sum()) if "live/total" in e else 0
        if "frames" in e:
            t, r = e["frames/translation"][()], e["frames/rotation"][()]
            step = e["scan_plan/step"][()]
            known = numpy.isfinite(t) & numpy.isfinite(r)
            seen["frames"] = {
                "shape": list(e["frames/intensity"].shape),
                "without_position": int((~known).sum()),
                "coverage": float(e["data/coverage_weight"][()].mean()),
                "off_grid_um": float(numpy.abs(t[known] * 1000 - numpy.round(t[known] * 1000 / step) * step).mean()),
            }
        if args.mean:
            m = e["mean_pattern"]
            seen["mean"] = {
                "x": plain(m["x"]), "intensity": plain(m["intensity"]), "count": m["count"][()].tolist()}
            cells = intensity.reshape(-1, intensity.shape[2])
            seen["first_cell"] = plain(cells[0])
            seen["cells_equal"] = bool((cells.view(numpy.uint32) == cells[0].view(numpy.uint32)).all())
        if args.compare:
            with h5py.File(args.compare, "r") as g:
                clean = g["entry/data/intensity"][()]
                both = coverage == 1
                bits, clean_bits = intensity.view(numpy.uint32), clean.view(numpy.uint32)
                seen["cells_differing"] = int((bits != clean_bits).any(axis=2)[both].sum())
                in_both = both & (g["entry/data/coverage"][()] == 1)
                seen["cells_differing_in_both"] = int((bits != clean_bits).any(axis=2)[in_both].sum())
                seen["cells_in_both"] = int(in_both.sum())
                seen["clean_cells_equal_to_their_neighbour"] = int(
                    (clean_bits[1:] == clean_bits[:-1]).all(axis=2).sum())
                theirs, ours = g["entry/live/total/sinogram"][()], e["live/total/sinogram"][()]
                differing = theirs.view(numpy.uint32) != ours.view(numpy.uint32)
                seen["channel_cells_differing"] = int(differing[both.T].sum())
                seen["channel_nan_where_uncovered"] = bool((numpy.isnan(ours) == ~both.T).all())
        if args.truth:
            truth = numpy.load(args.truth)
            group = next(g for g in e["live"].values() if g.attrs["channel"] == args.channel and "slice" in g)
            s = group["slice"][()]
            seen["slice_shape"] = list(s.shape)
            seen["projections"] = int(group["projection_count"][()])
            seen["correlations"] = {
                "as it is": correlation(s, truth),
                "transposed": correlation(s.T, truth),
                "left-right": correlation(s[:, ::-1], truth),
                "up-down": correlation(s[::-1], truth),
                "turned by 90": correlation(numpy.rot90(s), truth),
                "turned by 180": correlation(s[::-1, ::-1], truth),
                "turned by 270": correlation(numpy.rot90(s, 3), truth),
                "anti-transposed": correlation(s[::-1, ::-1].T, truth),
            }
            roi = e["roi_candidates"]
            seen["roi_count"] = int(roi["count"][()])
            seen["roi_um"] = numpy.transpose([roi[n][()] for n in ("x_um", "y_um", "radius_um")]).tolist()
            seen["forbidden_um"] = (
                numpy.transpose([roi[f"forbidden_{n}"][()] for n in ("x_um", "y_um", "radius_um")]).tolist()
                if "forbidden_x_um" in roi
                else []
            )
print(json.dumps(seen))
