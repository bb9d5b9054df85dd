using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Server.Configuration;

/// <summary>What is taken from the detector's header instead of the files. What the header does not have is a refusal, not a guess.</summary>
internal sealed class FromHeader
{
    /// <summary>Parts without which there is no radial axis.</summary>
    public static readonly string[] OfGeometry = ["energy", "distance"];

    private ISeriesTables? _mask;
    private ISeriesTables? _flatField;
    private double? _energy_keV;
    private double? _distance_m;

    /// <summary>Nothing is taken: files and configuration say all.</summary>
    public static FromHeader Nothing { get; } = new();

    /// <summary>Takes parts of a header.</summary>
    /// <param name="parts">Names: mask, flat_field, energy, distance.</param>
    /// <param name="header">The header; null while it is not there.</param>
    public static FromHeader Of(IReadOnlyCollection<string> parts, SeriesHeader? header)
    {
        if (header is null || parts.Count == 0)
        {
            return Nothing;
        }

        FromHeader taken = new();
        foreach (string part in parts)
        {
            bool found = part switch
            {
                "mask" => (taken._mask = header.Tables) is { MaskShape: not null },
                "energy" => (taken._energy_keV = header.Energy_keV) is not null,
                "distance" => (taken._distance_m = header.Distance_m) is not null,

                // A detector that has divided its flat field out must not be corrected twice.
                "flat_field" when header.FlatFieldApplied == true => true,
                "flat_field" => (taken._flatField = header.Tables) is { FlatFieldShape: not null },
                _ => true,
            };
            if (!found)
            {
                throw new UserException(
                    $"the header of series {header.SeriesId} has no {part.Replace('_', ' ')}: remove '{part}' from source.from_header, "
                    + "or set the detector's header_detail to all");
            }
        }

        return taken;
    }

    /// <summary>The geometry with energy and distance of the header.</summary>
    public DetectorGeometry Apply(DetectorGeometry geometry) => geometry with
    {
        Wavelength_m = _energy_keV is double energy_keV ? PhotonEnergy.ToWavelength_m(energy_keV) : geometry.Wavelength_m,
        Distance_m = _distance_m ?? geometry.Distance_m,
    };

    /// <summary>The mask, or-ed with the detector's own.</summary>
    /// <exception cref="ArgumentException">The shapes differ, or the detector's mask cannot be read.</exception>
    public PixelMask Apply(PixelMask mask) =>
        _mask is null ? mask : mask.Or(Read("mask", _mask.MaskShape, mask.Shape, _mask.ReadMask));

    /// <summary>The flat field; empty for none.</summary>
    /// <exception cref="ArgumentException">It is of another shape, or cannot be read.</exception>
    public ReadOnlyMemory<float> FlatField(ImageShape shape) =>
        _flatField is null ? default(ReadOnlyMemory<float>) : Read("flat field", _flatField.FlatFieldShape, shape, _flatField.ReadFlatField);

    // The claimed size is looked at first: a few megabytes may claim to unpack to a gigabyte.
    private static T Read<T>(string what, ImageShape? claimed, ImageShape shape, Func<T?> read)
        where T : class =>
        claimed != shape ? throw new ArgumentException($"the detector's {what} is {claimed} (rows × columns), the geometry says {shape}")
        : read() ?? throw new ArgumentException($"the detector's {what} cannot be read: take it out of source.from_header");
}
