using System.Globalization;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>
/// The corrections of a sinogram: found from maps of a number per cell, applied to anything that is linear in the intensities, in this order:
/// <c>corrected = beam · raw / transmission</c>, dead and hot lines from the lines beside them, less the air. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Division by the monitor has gone before, frame by frame. Air scatter is attenuated by the sample like everything else in the ray, so it is
/// taken off after the division by the transmission. What is found is a function of the maps alone.
/// </remarks>
public sealed class Corrections
{
    private const int MostNamed = 8;

    // A diode behind a beam stop counts noise, and divided by it a cell would shine a thousandfold; one above is no transmission but a percentage.
    private const double LeastTransmission = 1e-3;
    private const double LargestTransmission = 1.5;

    private static readonly Dictionary<string, double> Parameters = new()
    {
        ["air/largest_spread"] = AirScatter.LargestSpread,
        ["air/threshold"] = AirScatter.Threshold,
        ["air/largest_rise"] = AirScatter.LargestRise,
        ["air/margin_cells"] = AirScatter.Margin,
        ["air/least_cells"] = AirScatter.LeastCells,
        ["air/outlier_sigma"] = AirScatter.Outside_sigma,
        ["lines/tolerance"] = OutlierLines.Tolerance,
        ["lines/reach_lines"] = OutlierLines.Reach,
        ["spottiness/threshold_sigma"] = SpottyCells.Threshold_sigma,
        ["transmission/least"] = LeastTransmission,
        ["transmission/largest"] = LargestTransmission,
    };

    private readonly float[] _factors;
    private readonly CellSource?[] _replacements;

    private Corrections(AirScatter air, float[] factors, CellSource?[] replacements, CorrectionFindings findings)
    {
        Air = air;
        _factors = factors;
        _replacements = replacements;
        Findings = findings;
    }

    /// <summary>The cells outside the sample.</summary>
    public AirScatter Air { get; }

    /// <summary>Whether their mean is taken off.</summary>
    public bool TakesAirOff => Findings.Options.Air && Air.Refusal is null;

    /// <summary>What was found; without the pattern of the air, which <see cref="CorrectedSinogram"/> knows.</summary>
    public CorrectionFindings Findings { get; }

    /// <summary>By what each raw cell is multiplied, [rotation, translation]; 1 where nothing is to be done.</summary>
    public ReadOnlySpan<float> Factors => _factors;

    /// <summary>Finds out what is to be done.</summary>
    /// <param name="maps">What is known of the cells.</param>
    /// <param name="options">Which corrections are asked for.</param>
    /// <exception cref="ArgumentException">A map is not of the plan's size.</exception>
    public static Corrections Find(CellMaps maps, CorrectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(maps);
        ArgumentNullException.ThrowIfNull(options);
        maps.Check();
        ScanPlan plan = maps.Plan;
        CellFlags[] flags = [.. maps.Total.Select(v => float.IsNaN(v) ? CellFlags.Unmeasured : CellFlags.None)];
        float[] factors = new float[plan.CellCount];
        factors.AsSpan().Fill(1);

        bool isTransmitted = options.Transmission && maps.Transmission is not null && DivideByTransmission(maps.Transmission, factors, flags);

        double[] beam = Beam(maps, options, factors, flags, out string beamRefusal);
        for (int line = 0; line < beam.Length; line++)
        {
            for (int step = 0; step < plan.LineLength; step++)
            {
                factors[Offset(plan, plan.CellOf((line * plan.LineLength) + step))] *= (float)beam[line];
            }
        }

        // A dead line lies below any threshold of the air, and would be taken for it.
        if (options.Lines != LineCorrection.None)
        {
            OutlierLines.Mark(plan, Judged(maps, factors, flags), flags);
        }

        var air = AirScatter.Find(plan, Judged(maps, factors, flags));
        if (options.Lines != LineCorrection.None)
        {
            MarkDark(maps, air, flags);
        }

        (int[] dead, int[] hot) = (LinesWith(plan, flags, CellFlags.DeadLine), LinesWith(plan, flags, CellFlags.HotLine));
        for (int i = 0; i < flags.Length; i++)
        {
            flags[i] |= air.Cells[i] ? CellFlags.Air : CellFlags.None;
        }

        string spottyRefusal = options.Spotty ? MarkSpotty(maps, factors, flags) : "";
        CellSource?[] replacements = options.Lines == LineCorrection.Interpolate ? Replace(plan, flags) : [];
        return new Corrections(air, factors, replacements, new CorrectionFindings
        {
            Options = options,
            Parameters = Parameters,
            Flags = flags,
            IsTransmissionApplied = isTransmitted,
            BeamFactors = beam,
            BeamRefusal = beamRefusal,
            DeadLines = dead,
            HotLines = hot,
            AirCount = air.Count,
            AirRefusal = options.Air ? air.Refusal ?? "" : "",
            SpottyRefusal = spottyRefusal,
            Sentence = Describe(plan, options, flags, beamRefusal, (dead, hot), air),
        });
    }

    /// <summary>Corrects a map that is linear in the intensities, such as a live channel, with what it has of the air taken off.</summary>
    /// <param name="map">The raw map, [rotation, translation]; NaN where unmeasured.</param>
    /// <param name="hasAir">Whether the air adds to it; a difference of two intensities has none.</param>
    /// <exception cref="ArgumentException">The map is of another size.</exception>
    public float[] Apply(ReadOnlySpan<float> map, bool hasAir)
    {
        if (map.Length != _factors.Length)
        {
            throw new ArgumentException($"expected {_factors.Length} cells, not {map.Length}", nameof(map));
        }

        float air = hasAir && TakesAirOff ? (float)AirOf(map) : 0;
        float[] corrected = new float[map.Length];
        for (int i = 0; i < corrected.Length; i++)
        {
            CellSource from = SourceOf(i);
            float value = map[from.One] * _factors[from.One];
            corrected[i] = (from.IsSingle ? value : (value * (1 - from.OtherShare)) + (map[from.Other] * _factors[from.Other] * from.OtherShare)) - air;
        }

        return corrected;
    }

    /// <summary>Variances of what <see cref="Apply"/> makes of a map, as <see cref="CorrectedSinogram.ReadVariance"/> has them for bins.</summary>
    /// <param name="map">The raw map, [rotation, translation]; NaN where unmeasured.</param>
    /// <param name="variance">Its variances, same shape; NaN where unmeasured.</param>
    /// <returns>Variances with that of the air that is taken off; NaN where a cell that a corrected one is made of has none.</returns>
    /// <exception cref="ArgumentException">A map is of another size.</exception>
    public float[] VarianceOf(ReadOnlySpan<float> map, ReadOnlySpan<float> variance)
    {
        if (map.Length != _factors.Length || variance.Length != _factors.Length)
        {
            throw new ArgumentException($"expected {_factors.Length} cells, not {map.Length} and {variance.Length}", nameof(map));
        }

        double air = 0;
        int[] kept = TakesAirOff ? KeptAir(map) : [];
        foreach (int cell in kept)
        {
            air += (double)_factors[cell] * _factors[cell] * variance[cell] / kept.Length / kept.Length;
        }

        float[] corrected = new float[map.Length];
        for (int i = 0; i < corrected.Length; i++)
        {
            CellSource from = SourceOf(i);
            (float one, float other) = VarianceFactors(from);
            corrected[i] = (float)air + (variance[from.One] * one) + (from.IsSingle ? 0 : variance[from.Other] * other);
        }

        return corrected;
    }

    /// <summary>
    /// What a map has of the air, mean over the cells outside the sample but for those farther than five standard deviations from their median;
    /// 0 where there is none.
    /// </summary>
    /// <param name="map">The raw map, [rotation, translation].</param>
    public double AirOf(ReadOnlySpan<float> map)
    {
        double sum = 0;
        int[] kept = KeptAir(map);
        foreach (int cell in kept)
        {
            sum += map[cell] * _factors[cell];
        }

        return kept.Length > 0 ? sum / kept.Length : 0;
    }

    /// <summary>Whether the same cells are replaced, by the same others.</summary>
    /// <param name="other">Corrections of the same scan.</param>
    public bool ReplacesLike(Corrections other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _replacements.AsSpan().SequenceEqual(other._replacements);
    }

    /// <summary>Of which raw cells a corrected one is made.</summary>
    internal CellSource SourceOf(int offset) => _replacements.Length > 0 && _replacements[offset] is { } source ? source : new CellSource(offset, offset, 0);

    /// <summary>By what the variances of the raw cells count in that of a corrected one, <c>(share · factor)²</c>.</summary>
    internal (float One, float Other) VarianceFactors(CellSource from)
    {
        float one = _factors[from.One] * (1 - from.OtherShare);
        float other = _factors[from.Other] * from.OtherShare;
        return (one * one, other * other);
    }

    private int[] KeptAir(ReadOnlySpan<float> map)
    {
        List<int> cells = [];
        List<float> values = [];
        for (int i = 0; i < map.Length; i++)
        {
            if (Air.Cells[i] && float.IsFinite(map[i]))
            {
                cells.Add(i);
                values.Add(map[i] * _factors[i]);
            }
        }

        (double median, double sigma) = Quantiles.MedianAndSigma([.. values]);
        double limit = sigma > 0 ? AirScatter.Outside_sigma * sigma : double.PositiveInfinity;
        return [.. cells.Where((_, i) => Math.Abs(values[i] - median) <= limit)];
    }

    private static bool IsNormal(float value) => value > 0 && float.IsFinite(value);

    // Several dead lines side by side do not stand out from each other, but no sample shows in them, or no frame of theirs has a beam.
    private static void MarkDark(CellMaps maps, AirScatter air, CellFlags[] flags)
    {
        ScanPlan plan = maps.Plan;
        bool hasMonitor = maps.Monitor.Any(IsNormal);
        for (int slot = 0; slot < plan.LineCount; slot++)
        {
            int[] cells = [.. Enumerable.Range(0, plan.LineLength).Select(along => Offset(plan, slot, along))];
            CellFlags[] measured = [.. cells.Select(cell => flags[cell]).Where(f => !f.HasFlag(CellFlags.Unmeasured))];
            bool hasNoBeam = hasMonitor && measured.Length > 0 && measured.All(f => f.HasFlag(CellFlags.NoMonitor));
            if (hasNoBeam || (!plan.Path.LinesRunOverRotations && air.DarkProjections.Contains(slot)))
            {
                Array.ForEach(cells, cell => flags[cell] |= CellFlags.DeadLine);
            }
        }
    }

    // What lines and air are judged by: a line that is out, and a frame whose beam is not known among others whose is, say
    // nothing of either.
    private static float[] Judged(CellMaps maps, ReadOnlySpan<float> factors, ReadOnlySpan<CellFlags> flags)
    {
        bool hasMonitor = maps.Monitor.Any(IsNormal);
        float[] judged = new float[maps.Total.Length];
        for (int i = 0; i < judged.Length; i++)
        {
            bool isDark = hasMonitor && flags[i].HasFlag(CellFlags.NoMonitor);
            judged[i] = IsOut(flags[i]) || isDark ? float.NaN : maps.Total[i] * factors[i];
        }

        return judged;
    }

    private static bool IsOut(CellFlags flags) => (flags & (CellFlags.DeadLine | CellFlags.HotLine)) != 0;

    private static int Offset(ScanPlan plan, ScanCell cell) => (cell.Rotation * plan.TranslationCount) + cell.Translation;

    private static int Offset(ScanPlan plan, int slot, int along) =>
        plan.Path.LinesRunOverRotations ? (along * plan.TranslationCount) + slot : (slot * plan.TranslationCount) + along;

    // Whether any cell was divided.
    private static bool DivideByTransmission(ReadOnlySpan<float> transmission, Span<float> factors, Span<CellFlags> flags)
    {
        bool isAny = false;
        for (int i = 0; i < factors.Length; i++)
        {
            if ((double)transmission[i] is >= LeastTransmission and <= LargestTransmission)
            {
                factors[i] = 1 / transmission[i];
                isAny = true;
            }
            else if (flags[i] != CellFlags.Unmeasured)
            {
                flags[i] |= CellFlags.NoTransmission;
            }
        }

        return isAny;
    }

    private static double[] Beam(CellMaps maps, CorrectionOptions options, ReadOnlySpan<float> factors, Span<CellFlags> flags, out string refusal)
    {
        refusal = "";
        if (options.Beam == BeamCorrection.Monitor)
        {
            if (!maps.Monitor.Any(IsNormal))
            {
                refusal = "no frame carries a beam monitor: the changes of the beam stay in";
            }

            for (int i = 0; i < flags.Length; i++)
            {
                flags[i] |= IsNormal(maps.Monitor[i]) || flags[i] == CellFlags.Unmeasured ? CellFlags.None : CellFlags.NoMonitor;
            }
        }

        if (options.Beam is not (BeamCorrection.Air or BeamCorrection.ConstantTotal))
        {
            return [];
        }

        float[] total = Judged(maps, factors, flags);
        var air = AirScatter.Find(maps.Plan, total);
        return options.Beam == BeamCorrection.Air
            ? BeamFactors.FromAir(maps.Plan, total, air, out refusal)
            : BeamFactors.FromConstantTotal(maps.Plan, total, air, out refusal);
    }

    private static int[] LinesWith(ScanPlan plan, CellFlags[] flags, CellFlags flag) =>
        [.. Enumerable.Range(0, plan.LineCount).Where(slot => flags[Offset(plan, slot, 0)].HasFlag(flag))];

    // The air, which is most of a coarse scan, would set a scale for the sample to be judged by.
    private static string MarkSpotty(CellMaps maps, float[] factors, CellFlags[] flags)
    {
        if (maps.Spottiness is null)
        {
            return "no live channel is of the kind spottiness: large crystallites are not looked for";
        }

        float[] inSample = [.. maps.Spottiness.Select((v, i) => (flags[i] & CellFlags.Air) != 0 || IsOut(flags[i]) ? float.NaN : v * factors[i])];
        SpottyCells.Mark(inSample, flags);
        return "";
    }

    private static CellSource?[] Replace(ScanPlan plan, CellFlags[] flags)
    {
        var replacements = new CellSource?[flags.Length];
        bool[] isOut = [.. Enumerable.Range(0, plan.LineCount).Select(slot => IsOut(flags[Offset(plan, slot, 0)]))];
        for (int slot = 0; slot < isOut.Length; slot++)
        {
            int below = Array.LastIndexOf(isOut, false, slot);
            int above = Array.IndexOf(isOut, false, slot);
            for (int along = 0; isOut[slot] && along < plan.LineLength; along++)
            {
                int cell = Offset(plan, slot, along);
                if (flags[cell].HasFlag(CellFlags.Unmeasured) || Between(plan, flags, (below, slot, above), along) is not { } source)
                {
                    continue;
                }

                replacements[cell] = source;
                flags[cell] |= CellFlags.Interpolated;
            }
        }

        return replacements;
    }

    private static CellSource? Between(ScanPlan plan, CellFlags[] flags, (int Below, int Slot, int Above) lines, int along)
    {
        int? below = Measured(lines.Below);
        int? above = Measured(lines.Above);
        return (below, above) switch
        {
            (int one, int other) => new CellSource(one, other, (float)(lines.Slot - lines.Below) / (lines.Above - lines.Below)),
            (int one, null) => new CellSource(one, one, 0),
            (null, int other) => new CellSource(other, other, 0),
            _ => null,
        };

        int? Measured(int slot) => slot >= 0 && Offset(plan, slot, along) is var cell && !flags[cell].HasFlag(CellFlags.Unmeasured) ? cell : null;
    }

    // Without numbers that grow with every look at a running scan: each new sentence is told.
    private static string Describe(
        ScanPlan plan, CorrectionOptions options, CellFlags[] flags, string beamRefusal, (int[] Dead, int[] Hot) lines, AirScatter air)
    {
        List<string> sentences = [];
        if (beamRefusal.Length > 0 && options.Beam != BeamCorrection.Monitor)
        {
            sentences.Add(beamRefusal);
        }

        if (beamRefusal.Length == 0 && flags.Any(f => f.HasFlag(CellFlags.NoMonitor)))
        {
            sentences.Add("some frames carry no beam monitor above 0: they are not divided by it");
        }

        if (flags.Any(f => f.HasFlag(CellFlags.NoTransmission)))
        {
            sentences.Add(string.Create(
                CultureInfo.InvariantCulture, $"some frames carry no transmission between {LeastTransmission} and {LargestTransmission}: they are not divided by it"));
        }

        if (options.Air && air.Level > air.Contrast)
        {
            sentences.Add("what is taken off as air counts more than the sample itself: if the scan does not reach beyond the sample, switch it off (corrections.air: false)");
        }

        AddLines(lines.Dead, "darker");
        AddLines(lines.Hot, "brighter");
        return string.Join("; ", sentences);

        void AddLines(int[] lines, string how)
        {
            if (lines.Length > 0)
            {
                string what = plan.Path.LinesRunOverRotations ? "translation" : "rotation";
                string named = string.Join(", ", lines.Take(MostNamed).Select(l => l.ToString(CultureInfo.InvariantCulture)));
                string done = options.Lines == LineCorrection.Interpolate ? "replaced by those beside them" : "flagged, and left as they are";
                sentences.Add($"lines at {what} {named}{(lines.Length > MostNamed ? " …" : "")} are {how} than those beside them: they are {done}");
            }
        }
    }
}
