using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Detector;
using XrdCt.Live.Phantoms.Powder;
using XrdCt.Live.Phantoms.Projection;
using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Phantoms.Experiment;

/// <summary>
/// A scan of a phantom: what each cell of the plan should measure. Independent of the processor's own geometry and
/// integration. Thread-safe; projections are computed at first use.
/// </summary>
/// <remarks>
/// Left out on purpose: multiple scattering, and, unless <see cref="Attenuation_perMm"/> asks for it, absorption in the sample (20 % at most
/// at 50 keV).
/// </remarks>
public sealed class VirtualExperiment
{
    // Apart from the streams of the frames' noise.
    private const long JitterStream = 1L << 40;

    // Far from the seeds that people choose.
    private const long SliceSeeds = 1L << 32;

    private readonly Lazy<ProjectionProfile>[] _profiles;

    /// <summary>Sets up an experiment.</summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="geometry">Detector geometry; its wavelength must be given.</param>
    /// <param name="seed">Seed of sample, detector defects and noise.</param>
    /// <exception cref="ArgumentException">The geometry has no wavelength, or is not of the simulated
    /// detector.</exception>
    public VirtualExperiment(ScanPlan plan, DetectorGeometry geometry, long seed)
        : this(plan, new DetectorTables(geometry, seed), new ElectrodeDisc(seed), seed)
    {
    }

    /// <summary>Sets up an experiment with parts that exist already.</summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="detector">Detector.</param>
    /// <param name="disc">Sample.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <exception cref="ArgumentException">The geometry has no wavelength.</exception>
    public VirtualExperiment(ScanPlan plan, DetectorTables detector, ElectrodeDisc disc, long seed)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(detector);
        ArgumentNullException.ThrowIfNull(disc);
        double wavelength_m = detector.Geometry.Wavelength_m
            ?? throw new ArgumentException(
                "the geometry has no wavelength, which the simulation needs", nameof(detector));
        Plan = plan;
        Seed = seed;
        Disc = disc;
        Detector = detector;
        Wavelength_A = wavelength_m * 1e10;
        Powder = new PowderModel(detector.Grid, Wavelength_A);
        Projector projector = new(disc.Components);
        _profiles = [.. Enumerable.Range(0, plan.RotationCount)
            .Select(i => new Lazy<ProjectionProfile>(() => projector.Project(plan.Angle_deg(i))))];
    }

    /// <summary>Scan plan.</summary>
    public ScanPlan Plan { get; }

    /// <summary>Seed.</summary>
    public long Seed { get; }

    /// <summary>Wavelength, Å.</summary>
    public double Wavelength_A { get; }

    /// <summary>Sample.</summary>
    public ElectrodeDisc Disc { get; }

    /// <summary>Detector.</summary>
    public DetectorTables Detector { get; }

    /// <summary>Patterns of air and of the components.</summary>
    public PowderModel Powder { get; }

    /// <summary>How far the stage lies beyond the positions of the plan on lines that run backwards over translations, µm. Default 0.</summary>
    public double Backlash_um { get; init; }

    /// <summary>Where the rotation axis is on the plan's translation axis, µm. Default 0, as the plan has it.</summary>
    public double AxisOffset_um { get; init; }

    /// <summary>Where the middle of the sample is, sample coordinates, µm: what stages on top of the rotation have moved it by. Default (0, 0).</summary>
    public (double X_um, double Y_um) SampleShift { get; init; }

    /// <summary>How far the stage is off its position in every frame, at most, µm; uniform, by the seed. Default 0.</summary>
    public double PositionJitter_um { get; init; }

    /// <summary>
    /// Beam intensity of a frame relative to the start of the scan, 0 or more, by its index; null for <see cref="BeamCurrent"/>. Default null.
    /// </summary>
    public Func<int, double>? Beam { get; init; }

    /// <summary>The same scan of another slice of the sample, with noise of its own.</summary>
    /// <param name="slice">Number of the slice, from 0: this one.</param>
    /// <param name="z_um">Its height above this one, µm.</param>
    public VirtualExperiment At(int slice, double z_um) => slice == 0
        ? this
        : new VirtualExperiment(Plan, Detector, new ElectrodeDisc(Disc.Seed, z_um), Seed + (slice * SliceSeeds))
        {
            Backlash_um = Backlash_um,
            AxisOffset_um = AxisOffset_um,
            SampleShift = SampleShift,
            PositionJitter_um = PositionJitter_um,
            Attenuation_perMm = Attenuation_perMm,
            Beam = Beam,
        };

    /// <summary>Where the stage tells that it is in a cell, µm: that of the plan, and what it is off by.</summary>
    public double Stage_um(ScanCell cell)
    {
        SeededRandom random = new(Seed, JitterStream + Plan.IndexOf(cell));
        return Plan.Position_um(cell.Translation) + random.NextBetween(-PositionJitter_um, PositionJitter_um);
    }

    /// <summary>
    /// Linear attenuation coefficient of the sample, whatever it consists of, 1/mm. All that a ray scatters is attenuated by the whole ray,
    /// as it is at small angles. Default 0.
    /// </summary>
    public double Attenuation_perMm { get; init; }

    /// <summary>Transmission of the sample in a cell, <c>exp(−µ Σ path)</c>; 1 beside it.</summary>
    public double TransmissionOf(ScanCell cell)
    {
        double path_um = 0;
        for (int i = 0; i < Disc.Components.Count && Attenuation_perMm > 0; i++)
        {
            path_um += Path_um(cell, (SampleComponent)i);
        }

        return Math.Exp(-Attenuation_perMm * path_um / 1000);
    }

    /// <summary>Where the beam is in a cell, relative to the middle of the sample, µm.</summary>
    public double Beam_um(ScanCell cell)
    {
        int line = Plan.IndexOf(cell) / Plan.LineLength;
        bool isBackward = !Plan.Path.LinesRunOverRotations && Plan.IsBackward(line);
        double behind_um = isBackward ? Backlash_um - (2 * Plan.Lead_steps * Plan.Step_um) : 0;

        // A cell that is seen from behind is measured with the stage on the other side, by a beam that misses the axis by as much.
        double axis_um = Stage_um(cell) + behind_um + (Plan.SeenFromBehind(line) ? AxisOffset_um : -AxisOffset_um);
        (double sin, double cos) = Math.SinCos(Plan.Angle_deg(cell.Rotation) * (Math.PI / 180));
        return axis_um - ((SampleShift.X_um * cos) - (SampleShift.Y_um * sin));
    }

    /// <summary>Beam monitor of a frame, relative to the start of the scan.</summary>
    public double MonitorOf(int index) => Beam is null ? BeamCurrent.At(index, Plan.CellCount) : Beam(index);

    /// <summary>
    /// Path through a component in a cell, averaged over the step that the stage moves while counting, µm.
    /// </summary>
    public double Path_um(ScanCell cell, SampleComponent component) =>
        _profiles[cell.Rotation].Value.Path_um((int)component, Beam_um(cell), Plan.Step_um);

    /// <summary>Expected counts of a pixel of sensitivity 1, per radial bin, without spots.</summary>
    /// <param name="cell">Cell of the plan.</param>
    /// <param name="monitor">Beam intensity relative to the start.</param>
    /// <param name="expected">Receives counts, length of the radial grid.</param>
    public void Expect(ScanCell cell, double monitor, Span<double> expected)
    {
        Span<double> paths_um = stackalloc double[Disc.Components.Count];
        for (int i = 0; i < paths_um.Length; i++)
        {
            paths_um[i] = Path_um(cell, (SampleComponent)i);
        }

        Powder.Mix(paths_um, monitor * TransmissionOf(cell), expected);
    }
}
