namespace XrdCt.Live.Phantoms.Powder;

/// <summary>
/// Expected counts of a pixel at the point of normal incidence, without polarisation, by 2θ: the air that the beam
/// crosses plus, per micrometre of path, what each component scatters. Immutable and thread-safe.
/// </summary>
public sealed class PowderModel
{
    // Instrument width, degrees: the CeO2 frames of such set-ups show 0.016 to 0.024; a battery particle adds a little.
    private const double FullWidthAtZero_deg = 0.022;
    private const double FullWidthSlope = 0.0004;
    private const double LorentzShare = 0.5;

    // Counts scales. Chosen so that a full path through the disc (about 500 µm of NMC) gives 10 to 20 counts per pixel
    // in the mean, the strongest rings of about 350 and air of two to three, which is what a 10 ms exposure shows.
    private const double NmcCountsPer_um = 0.75;
    private const double NmcDiffuseCountsPer_um = 0.028;
    private const double MatrixCountsPer_um = 0.045;
    private const double AluminiumDiffuseCountsPer_um = 0.004;
    private const double AirCounts = 2.6;

    private readonly double[][] _perMicrometre;
    private readonly double[] _air;

    /// <summary>Computes all patterns.</summary>
    /// <param name="grid">Bins in 2θ.</param>
    /// <param name="wavelength_A">Wavelength, Å.</param>
    public PowderModel(RadialGrid grid, double wavelength_A)
    {
        Grid = grid;
        Reflections = LayeredOxide.Reflections(HexagonalCell.PristineNmc, wavelength_A, grid.Limit_deg);
        IReadOnlyList<Reflection> rim = LayeredOxide.Reflections(HexagonalCell.RimNmc, wavelength_A, grid.Limit_deg);
        double strongest = PeakHeight(Reflections.MaxBy(PeakHeight)!);
        _perMicrometre =
        [
            Rings(grid, Reflections, NmcCountsPer_um / strongest),
            Rings(grid, rim, NmcCountsPer_um / strongest),
            [.. Centres_deg(grid).Select(t => MatrixCountsPer_um * CarbonHalo(Q_invA(t, wavelength_A)))],
            [.. Centres_deg(grid).Select(t => AluminiumDiffuseCountsPer_um * Math.Exp(-t / 15))],
        ];
        _air = [.. Centres_deg(grid).Select(t => AirCounts * AirShape(t))];
    }

    /// <summary>Bins in 2θ.</summary>
    public RadialGrid Grid { get; }

    /// <summary>Rings of the pristine cell.</summary>
    public IReadOnlyList<Reflection> Reflections { get; }

    /// <summary>Expected counts of air at full beam current, per bin.</summary>
    public ReadOnlySpan<double> Air => _air;

    /// <summary>Expected counts per micrometre of path at full beam current, per bin.</summary>
    /// <param name="component">Component of the sample.</param>
    public ReadOnlySpan<double> PerMicrometre(Samples.SampleComponent component) => _perMicrometre[(int)component];

    /// <summary>
    /// Expected counts <c>monitor · (air + Σ path · pattern)</c>, per bin.
    /// </summary>
    /// <param name="paths_um">Path through each component, in the order of the components, µm.</param>
    /// <param name="monitor">Beam intensity relative to the start, dimensionless.</param>
    /// <param name="expected">Receives counts, length of the grid.</param>
    public void Mix(ReadOnlySpan<double> paths_um, double monitor, Span<double> expected)
    {
        for (int bin = 0; bin < expected.Length; bin++)
        {
            expected[bin] = monitor * _air[bin];
        }

        for (int component = 0; component < paths_um.Length; component++)
        {
            double weight = monitor * paths_um[component];
            if (weight == 0)
            {
                continue;
            }

            double[] pattern = _perMicrometre[component];
            for (int bin = 0; bin < expected.Length; bin++)
            {
                expected[bin] += weight * pattern[bin];
            }
        }
    }

    private static double AirShape(double twoTheta_deg) =>
        0.35 + (1.6 * Math.Exp(-twoTheta_deg / 2.5)) + (0.35 * Math.Exp(-twoTheta_deg / 12));

    private static double FullWidth_deg(double twoTheta_deg) => FullWidthAtZero_deg + (FullWidthSlope * twoTheta_deg);

    private static double PeakHeight(Reflection ring) =>
        ring.Intensity * PseudoVoigt.At(0, FullWidth_deg(ring.TwoTheta_deg), LorentzShare);

    private static IEnumerable<double> Centres_deg(RadialGrid grid) =>
        Enumerable.Range(0, grid.BinCount).Select(grid.Centre_deg);

    private static double Q_invA(double twoTheta_deg, double wavelength_A) =>
        4 * Math.PI * Math.Sin(double.DegreesToRadians(twoTheta_deg) / 2) / wavelength_A;

    /// <summary>
    /// Halo of carbon black and binder: a broad hump at 1.75 Å⁻¹, a weaker one at 3.0 Å⁻¹, small-angle rise.
    /// </summary>
    private static double CarbonHalo(double q_invA)
    {
        double first = (q_invA - 1.75) / 0.35;
        double second = (q_invA - 3.0) / 0.6;
        return Math.Exp(-0.5 * first * first) + (0.25 * Math.Exp(-0.5 * second * second))
            + (0.9 * Math.Exp(-q_invA / 0.8)) + (0.15 * Math.Exp(-q_invA / 8));
    }

    private static double[] Rings(RadialGrid grid, IReadOnlyList<Reflection> rings, double scale)
    {
        // Lorentzian tails beyond 60 widths are below 1e-4 of the peak.
        const double Reach = 60;
        double[] pattern = new double[grid.BinCount];
        foreach (Reflection ring in rings)
        {
            double width_deg = FullWidth_deg(ring.TwoTheta_deg);
            int last = grid.BinOf(ring.TwoTheta_deg + (Reach * width_deg));
            for (int bin = grid.BinOf(ring.TwoTheta_deg - (Reach * width_deg)); bin <= last; bin++)
            {
                double offset_deg = grid.Centre_deg(bin) - ring.TwoTheta_deg;
                pattern[bin] += scale * ring.Intensity * PseudoVoigt.At(offset_deg, width_deg, LorentzShare);
            }
        }

        for (int bin = 0; bin < grid.BinCount; bin++)
        {
            // Thermal and Compton scattering of the crystals: flat, slowly falling.
            pattern[bin] += NmcDiffuseCountsPer_um * Math.Exp(-grid.Centre_deg(bin) / 18);
        }

        return pattern;
    }
}
