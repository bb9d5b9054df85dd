using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Simd;

/// <summary>
/// Sigma clipping of eight frames at once: each round is one pass over the bin with the limits that <see cref="SigmaClip"/> gave for the
/// last. Without rounds, the plain mean with its scatter.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class LaneClip
{
    private const int Lanes = LaneReader.Count;

    private readonly BinLanes _bin;
    private readonly LaneSums _sums;
    private readonly int _rounds;
    private readonly double _threshold_sigma;
    private readonly ErrorModel _model;
    private readonly int[] _low = new int[Lanes];
    private readonly int[] _high = new int[Lanes];
    private readonly float[] _centre = new float[Lanes];
    private readonly double[] _share = new double[Lanes];
    private readonly int[] _countBefore = new int[Lanes];

    public LaneClip(IntegrationPlan plan, BinLanes bin, LaneSums sums)
    {
        _bin = bin;
        _sums = sums;
        _rounds = plan.Options.Filter == IntegrationFilter.SigmaClip ? plan.Options.ClipIterations : 0;
        _threshold_sigma = plan.Options.ClipThreshold_sigma;
        _model = plan.Options.ErrorModel;
    }

    /// <summary>Clips the bin that was fetched and leaves the sums over the kept pixels.</summary>
    /// <param name="scale">Units of the weights in one of the normalisation.</param>
    /// <param name="lanes">One bit for each lane that holds a frame.</param>
    public void Run(double scale, uint lanes)
    {
        _bin.MakeKeys();
        for (int lane = 0; lane < Lanes; lane++)
        {
            _low[lane] = int.MinValue;
            _high[lane] = BinLanes.NoKey - 1;
            _centre[lane] = _bin.ValidCount[lane] > 0 ? (float)(_bin.Signal[lane] / _bin.Normalisation[lane]) : 0;
        }

        bool azimuthal = _model != ErrorModel.Poisson;
        Sum(azimuthal, scale);
        for (int round = 0; round < _rounds; round++)
        {
            Array.Copy(_sums.Count, _countBefore, Lanes);
            Narrow(scale, lanes);
            Sum(azimuthal, scale);
            if (!Dropped(lanes))
            {
                break;
            }
        }

        if (_model == ErrorModel.Hybrid)
        {
            Sum(azimuthal: false, scale);
        }
    }

    private bool Dropped(uint lanes)
    {
        bool dropped = false;
        for (int lane = 0; lane < Lanes; lane++)
        {
            dropped |= (lanes >> lane & 1) != 0 && _sums.Count[lane] != _countBefore[lane];
        }

        return dropped;
    }

    private void Narrow(double scale, uint lanes)
    {
        for (int lane = 0; lane < Lanes; lane++)
        {
            if ((lanes >> lane & 1) != 0 && _sums.Count[lane] > 0)
            {
                (float low, float high) = SigmaClip.Limits(
                    _sums.Signal[lane], _sums.Weight[lane] / scale, _sums.Variance[lane], _share[lane], _threshold_sigma);
                _low[lane] = Math.Max(_low[lane], BinLanes.Ordered(low));
                _high[lane] = Math.Min(_high[lane], BinLanes.Ordered(high));
            }
        }
    }

    private void Sum(bool azimuthal, double scale)
    {
        if (azimuthal)
        {
            Sum<Yes>();
        }
        else
        {
            Sum<No>();
        }

        foreach ((int lane, int entry, int count) in _bin.LargeCounts)
        {
            int key = Unsafe.Add(ref _bin.Keys, (entry * Lanes) + lane);
            if (key >= _low[lane] && key <= _high[lane])
            {
                // The vector took the mark for a count; the azimuthal variance comes from the key, which is right.
                double share = _bin.ShareAt(entry);
                double missing = (double)count - LaneReader.Large;
                _sums.Signal[lane] += share * missing;
                _sums.Variance[lane] += azimuthal ? 0 : share * share * missing;
            }
        }

        for (int lane = 0; azimuthal && lane < Lanes; lane++)
        {
            _centre[lane] = (float)_sums.CentreScatter(lane, scale, _centre[lane]);
        }
    }

    /// <summary>Adds up the pixels whose keys lie inside the limits of their lanes.</summary>
    private void Sum<TAzimuthal>()
        where TAzimuthal : struct
    {
        ref int keys = ref _bin.Keys;
        ref ushort counts = ref _bin.Counts;
        ref int weights = ref MemoryMarshal.GetReference(_bin.Weights);
        ref float weightsSquared = ref MemoryMarshal.GetReference(_bin.WeightsSquared);
        ref float inverses = ref MemoryMarshal.GetReference(_bin.Inverse);
        ref float shares = ref MemoryMarshal.GetReference(_bin.Shares);
        ref float darks = ref MemoryMarshal.GetReference(_bin.Dark);
        bool splits = _bin.Splits, hasDark = _bin.HasDark;
        Vector256<int> low = Vector256.Create(_low), high = Vector256.Create(_high);
        Vector256<float> centre = Vector256.Create(_centre);
        Vector256<int> kept = default, weight = default;
        Vector256<double> signalLow = default, signalHigh = default, varianceLow = default, varianceHigh = default;
        Vector256<double> squareLow = default, squareHigh = default, shareLow = default, shareHigh = default;
        int n = _bin.Length;
        for (int from = 0; from < n; from += BinLanes.FloatRun)
        {
            Vector256<float> signals = default, variances = default, squares = default, shareSum = default;
            int to = Math.Min(from + BinLanes.FloatRun, n);
            for (int e = from; e < to; e++)
            {
                Vector256<int> key = Vector256.LoadUnsafe(ref keys, (nuint)e * Lanes);
                Vector256<int> inside = Vector256.AndNot(Vector256.GreaterThanOrEqual(key, low), Vector256.GreaterThan(key, high));
                kept -= inside;
                weight += Vector256.Create(Unsafe.Add(ref weights, e)) & inside;
                squares += Vector256.Create(Unsafe.Add(ref weightsSquared, e)) & inside.AsSingle();
                Vector256<float> count = Vector256.ConvertToSingle(BinLanes.Widen(Vector128.LoadUnsafe(ref counts, (nuint)e * Lanes)));
                float share = splits ? Unsafe.Add(ref shares, e) : 1;
                float dark = hasDark ? Unsafe.Add(ref darks, e) : 0;
                signals += ((count - Vector256.Create(dark)) * Vector256.Create(share)) & inside.AsSingle();
                if (splits)
                {
                    shareSum += Vector256.Create(share) & inside.AsSingle();
                }

                if (typeof(TAzimuthal) == typeof(Yes))
                {
                    Vector256<float> value = (key ^ ((key >> 31) & Vector256.Create(int.MaxValue))).AsSingle() - centre;
                    variances += (value * value * Vector256.Create(share / Unsafe.Add(ref inverses, e))) & inside.AsSingle();
                }
                else
                {
                    Vector256<float> variance = Vector256.Max(count, Vector256<float>.One) + Vector256.Create(Math.Max(dark, 0));
                    variances += (variance * Vector256.Create(share * share)) & inside.AsSingle();
                }
            }

            signalLow += Vector256.WidenLower(signals);
            signalHigh += Vector256.WidenUpper(signals);
            varianceLow += Vector256.WidenLower(variances);
            varianceHigh += Vector256.WidenUpper(variances);
            squareLow += Vector256.WidenLower(squares);
            squareHigh += Vector256.WidenUpper(squares);
            shareLow += Vector256.WidenLower(shareSum);
            shareHigh += Vector256.WidenUpper(shareSum);
        }

        kept.CopyTo(_sums.Count);
        signalLow.CopyTo(_sums.Signal);
        signalHigh.CopyTo(_sums.Signal, Lanes / 2);
        varianceLow.CopyTo(_sums.Variance);
        varianceHigh.CopyTo(_sums.Variance, Lanes / 2);
        squareLow.CopyTo(_sums.WeightSquared);
        squareHigh.CopyTo(_sums.WeightSquared, Lanes / 2);
        shareLow.CopyTo(_share);
        shareHigh.CopyTo(_share, Lanes / 2);
        for (int lane = 0; lane < Lanes; lane++)
        {
            _sums.Weight[lane] = weight[lane];
            _share[lane] = splits ? _share[lane] : _sums.Count[lane];
        }
    }
}
